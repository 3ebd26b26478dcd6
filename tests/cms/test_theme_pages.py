"""Theme pages: their questions, their people, and how the themes were chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from wagtail.models import Page

from cms.models import Theme
from cms.models.parts import models_of
from themes.models import ThemeIndexPage, ThemePage, ThemePerson, ThemeQuestion


def detail(client: Any, page: Page) -> Any:
    answer = client.get(f"/api/v1/pages/{page.pk}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_theme_has_questions_and_people(client: Any, theme_page: ThemePage, person: Any) -> None:
    theme_page.questions = [ThemeQuestion(text="Who decides?"), ThemeQuestion(text="Why?")]
    theme_page.people = [ThemePerson(page=person)]
    theme_page.save()
    found = detail(client, theme_page)
    assert found["questions"] == ["Who decides?", "Why?"]
    assert [ref["title"] for ref in found["people"]] == ["Sam"]
    assert found["theme"] == "data"
    page = client.get(theme_page.url).content.decode()
    assert "Who decides?" in page
    assert ">Sam</a>" in page
    person.unpublish()
    assert detail(client, theme_page)["people"] == []


def test_only_team_members_are_a_themes_people(theme_page: ThemePage, person: Any) -> None:
    ThemePerson(theme_page=theme_page, page=person).clean()
    with pytest.raises(ValidationError):
        ThemePerson(theme_page=theme_page, page=theme_page).clean()


def test_without_the_teams_plugin_nobody_can_be_chosen_and_nothing_fails(
    theme_page: ThemePage, change_plugin: Callable[..., None]
) -> None:
    change_plugin("team", pages=(), story_cards=())
    assert models_of(ThemePerson.types) == ()
    assert ThemePage.get_edit_handler().get_form_class()(instance=theme_page)


def test_the_index_says_how_the_themes_were_chosen(client: Any, theme_page: ThemePage) -> None:
    index = ThemeIndexPage.objects.get()
    index.how_chosen = f'<p>With <a linktype="page" id="{theme_page.pk}">members</a>.</p>'
    index.save()
    assert detail(client, index)["how_chosen"] == '<p>With <a href="/en/themes/data/">members</a>.</p>'
    assert "How the themes were chosen" in client.get(index.url).content.decode()


def test_a_theme_has_an_icon_of_a_fixed_list(client: Any, theme_page: ThemePage, data: Theme) -> None:
    data.icon = "chart"
    data.save()
    theme_page.themes.set([data])
    theme_page.save()
    assert client.get("/api/v1/site").json()["themes"][0]["icon"] == "chart"
    assert detail(client, theme_page)["themes"][0]["icon"] == "chart"
    data.icon = "dragon"
    with pytest.raises(ValidationError):
        data.full_clean()


def test_search_engines_read_of_a_set_of_terms(client: Any, theme_page: ThemePage) -> None:
    def thing(page: Page, kind: str) -> Any:
        (found,) = [each for each in detail(client, page)["seo"]["json_ld"]["@graph"] if each["@type"] == kind]
        return found

    term, terms = thing(theme_page, "DefinedTerm"), thing(ThemeIndexPage.objects.get(), "DefinedTermSet")
    assert term["inDefinedTermSet"]["@id"] == terms["@id"]
    assert (term["name"], term["termCode"]) == ("Data", "data")
