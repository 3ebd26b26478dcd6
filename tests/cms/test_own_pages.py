"""Home and role pages: each part is a field of its own, and what is not public is left out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page
from wagtail_localize.models import StringSegment, TranslationSource

from cms.content import site_tree
from cms.models import HomePage, RolePage
from cms.models.pages.home import Reason, Strategy
from cms.models.pages.role import RoleExample, RoleStep
from tests.conftest import add_page


@pytest.fixture
def role(home_en: HomePage) -> RolePage:
    page = RolePage(title="Connecting", slug="connecting", what_we_do="<p>We <b>meet</b>.</p>")
    page.steps = [RoleStep(name="Ideation", text="What is the matter?"), RoleStep(name="Prototype")]
    return add_page(home_en, page)


@pytest.fixture
def home(home_en: HomePage, role: RolePage) -> HomePage:
    home_en.tagline, home_en.area_served = "Room to try", "The Netherlands"
    home_en.introduction = f'<p>We <a linktype="page" id="{role.pk}">connect</a>.</p>'
    home_en.strategies = [Strategy(title="Connect", text="Meet.", page=role), Strategy(title="Try")]
    home_en.reasons = [Reason(title="Democracy", text="It works.")]
    home_en.save()
    return home_en


def detail(client: Any, page: Page) -> Any:
    answer = client.get(f"/api/v1/pages/{page.pk}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_home_has_each_part_as_a_field(client: Any, home: HomePage, role: RolePage) -> None:
    found = detail(client, home)
    assert found["introduction"] == '<p>We <a href="/en/connecting/">connect</a>.</p>'
    assert [(each["title"], each["text"]) for each in found["strategies"]] == [("Connect", "Meet."), ("Try", "")]
    assert [each["page"] and each["page"]["id"] for each in found["strategies"]] == [role.pk, None]
    assert found["reasons"] == [{"title": "Democracy", "text": "It works."}]


def test_a_strategy_does_not_link_to_a_page_that_is_not_public(client: Any, home: HomePage, role: RolePage) -> None:
    role.unpublish()
    assert [each["page"] for each in detail(client, home)["strategies"]] == [None, None]
    role.delete()
    assert [each["title"] for each in detail(client, home)["strategies"]] == ["Connect", "Try"]


def test_home_tells_search_engines_about_the_organisation(client: Any, home: HomePage, data: Any) -> None:
    (organisation,) = [
        thing for thing in detail(client, home)["seo"]["json_ld"]["@graph"] if thing["@type"] == "Organization"
    ]
    assert (organisation["areaServed"], organisation["slogan"]) == ("The Netherlands", "Room to try")
    assert organisation["knowsAbout"] == ["Data"]


def test_parts_show_on_plain_pages(client: Any, home: HomePage, role: RolePage, make_article: Any) -> None:
    role.examples = [RoleExample(page=make_article("one", title="One & only"))]
    role.save()
    front, page = client.get("/en/").content.decode(), client.get(role.url).content.decode()
    assert all(words in front for words in ("Room to try", "Why it matters", "Democracy", "It works."))
    assert all(words in page for words in ("<b>meet</b>", "Ideation", "What is the matter?", "One &amp; only"))


def test_an_example_that_is_not_public_is_left_out_and_none_stands_twice(
    client: Any, role: RolePage, make_article: Any
) -> None:
    shown, draft, gone = make_article("shown"), make_article("draft", live=False), make_article("gone")
    role.examples = [RoleExample(page=page) for page in (draft, shown, gone, shown)]
    role.save()
    gone.delete()
    assert [ref["title"] for ref in detail(client, role)["examples"]] == ["Shown"]


def test_an_example_leads_to_its_translation(
    client: Any, role: RolePage, make_article: Any, home_nl: HomePage, locales: Any
) -> None:
    article = make_article("one")
    for page in (article.get_parent().get_parent().specific, article.get_parent().specific, article):
        page.copy_for_translation(locales["nl"]).save_revision().publish()
    role.examples = [RoleExample(page=article)]
    role.save()
    dutch = role.copy_for_translation(locales["nl"])
    dutch.save_revision().publish()
    assert [ref["locale"] for ref in detail(client, dutch)["examples"]] == ["nl"]
    assert [step["name"] for step in detail(client, dutch)["steps"]] == ["Ideation", "Prototype"]


def test_the_words_of_steps_are_texts_to_translate(role: RolePage) -> None:
    source, _created = TranslationSource.update_or_create_from_instance(role)
    paths = StringSegment.objects.filter(source=source).values_list("context__path", flat=True)
    names = [path.rpartition(".")[2] for path in paths if path.startswith("steps.")]
    assert sorted(names) == ["name", "name", "text"]


def test_an_example_is_an_article_or_an_activity(role: RolePage, make_article: Any, activity: Any) -> None:
    for page in (make_article("one"), activity):
        RoleExample(role_page=role, page=page).clean()
    with pytest.raises(ValidationError, match="Choose one of these"):
        RoleExample(role_page=role, page=role).clean()


def test_a_role_costs_the_same_for_one_and_for_twenty_examples(client: Any, role: RolePage, make_article: Any) -> None:
    counts = []
    pages = [make_article(f"a{number}") for number in range(20)]
    for amount in (1, 20):
        role.examples = [RoleExample(page=page) for page in pages[:amount]]
        role.save()
        detail(client, role)
        cache.clear()
        site_tree.forget()
        with CaptureQueriesContext(connection) as captured:
            assert len(detail(client, role)["examples"]) == amount
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_search_finds_strategies_reasons_and_steps(client: Any, home: HomePage, role: RolePage) -> None:
    for words, page in (("democracy", home), ("prototype", role)):
        found = client.get("/api/v1/pages", {"q": words}).json()["items"]
        assert [item["id"] for item in found] == [page.pk], words


def test_a_row_without_a_title_is_left_out(client: Any, home: HomePage, role: RolePage) -> None:
    home.strategies, home.reasons = [Strategy(title="", text="x")], [Reason(title="", text="x")]
    home.save()
    role.steps = [RoleStep(name="", text="x")]
    role.save()
    assert (detail(client, home)["strategies"], detail(client, home)["reasons"]) == ([], [])
    assert detail(client, role)["steps"] == []


def test_a_preview_shows_parts_that_are_not_saved(home: HomePage, rf: Any) -> None:
    home.reasons = [Reason(title="Not saved yet")]
    home.strategies = [Strategy(title="")]
    response = home.make_preview_request(original_request=rf.get("/"))
    response.render()
    assert "Not saved yet" in response.content.decode()


def test_the_editor_shows_the_panels_of_each_page(home: HomePage, role: RolePage, theme_page: Any) -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss", "boss@example.org", "x"))
    for page, names in (
        (home, ("strategies", "reasons")),
        (role, ("steps", "examples")),
        (theme_page, ("questions", "people")),
    ):
        form = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
        assert all(f'name="{name}-TOTAL_FORMS"' in form for name in names), page.title
    subpages = client.get(reverse("wagtailadmin_pages:add_subpage", args=[home.pk])).content.decode()
    assert "One of the hub’s roles" in subpages
