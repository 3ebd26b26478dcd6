"""Every story has a visible link, whatever its page's type, and its picture leads to the same place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from archive.models import ArchiveItemPage, ArchivePage
from cms.models import PartnershipPage, RolePage
from cms.plugins import StoryCard
from newsletters.editions import cards
from newsletters.editions.compile_edition import compile_edition
from newsletters.issues.checking import run_checks
from newsletters.issues.checking.links.words import VAGUE
from team.models import PersonPage, TeamPage
from tests.conftest import add_page

WORDS = {
    "article": {"en": "Read the article", "nl": "Lees het artikel"},
    "activity": {"en": "See the programme", "nl": "Bekijk het programma"},
    "open activity": {"en": "See the programme and register", "nl": "Bekijk het programma en meld je aan"},
    "theme": {"en": "See what we do on this theme", "nl": "Bekijk wat we op dit thema doen"},
    "role": {"en": "Read about this role", "nl": "Lees over deze rol"},
    "partnership": {"en": "Read about this partnership", "nl": "Lees over dit partnerschap"},
    "publication": {"en": "Open the publication", "nl": "Open de publicatie"},
    "project": {"en": "See how the project went", "nl": "Bekijk hoe het project verliep"},
    "event": {"en": "Look back at the event", "nl": "Kijk terug op de bijeenkomst"},
    "person": {"en": "Meet Nadi", "nl": "Maak kennis met Nadi"},
    "home": {"en": "Go to “Hub”", "nl": "Naar “De hub”"},
    "archive": {"en": "Go to “Archive”", "nl": "Naar “Archive”"},
}
FORMS: dict[str, dict[str, Any]] = {"row": {}, "lead": {"is_lead": True}, "line": {"without_teaser": True}}


@pytest.fixture
def pages(hub: Any) -> dict[str, Any]:
    """A page of each type in both languages, by the test's name for it; the values are the English pages."""
    homes = {page.locale.language_code: page for page in hub.page.get_parent().get_translations(inclusive=True)}
    made: dict[str, Any] = {
        "home": homes["en"],
        "article": hub.articles["open-data"]["en"],
        "activity": hub.articles["open-day"]["en"],
        "theme": hub.sections["data"],
        "role": _in_both(homes, RolePage, title="Connecting", slug="connecting"),
        "partnership": _in_both(homes, PartnershipPage, title="Together", slug="together"),
    }
    archives = _in_both(homes, ArchivePage, title="Archive", slug="archive")
    made["archive"] = archives
    above = {page.locale.language_code: page for page in archives.get_translations(inclusive=True)}
    for kind in ("publication", "project", "event"):
        made[kind] = _in_both(above, ArchiveItemPage, title=f"An old {kind}", slug=kind, kind=kind, year=2019)
    team = _in_both(homes, TeamPage, title="Team", slug="team")
    above = {page.locale.language_code: page for page in team.get_translations(inclusive=True)}
    made["person"] = _in_both(above, PersonPage, title="Nadi", slug="nadi", function="Facilitator")
    return made


def _in_both(parents: dict[str, Any], make: type, **words: Any) -> Any:
    english = add_page(parents["en"], make(**words))
    dutch = make(**words, locale=parents["nl"].locale, translation_key=english.translation_key)
    add_page(parents["nl"], dutch)
    return english


def told(hub: Any, page: Any, *, language: str = "en", **form: Any) -> tuple[BeautifulSoup, str]:
    """Compile the issue with one story on this page, in its own words, as HTML and text."""
    rows = [{"language": code, "title": "", "teaser": "", "link_text": ""} for code in ("en", "nl")]
    hub.edit(stories=[{"page": page, "is_lead": False, "texts": rows, "image": None, **form}])
    edition = hub.compile().editions[hub.locales[language]]
    return BeautifulSoup(edition.html, "html.parser"), edition.text


def links_to(url: str, soup: BeautifulSoup) -> list[Tag]:
    return [link for link in soup.find_all("a", href=url) if link.get("aria-hidden") != "true"]


def url_of(page: Any, language: str) -> str:
    return str(page.get_translations(inclusive=True).get(locale__language_code=language).full_url)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("kind", sorted(WORDS))
def test_a_page_of_each_type_has_a_link_that_says_where_it_leads(
    hub: Any, pages: dict[str, Any], kind: str, language: str
) -> None:
    if kind == "open activity":
        for page in hub.articles["open-day"].values():
            page.registration_url = "https://example.org/register"
            page.save()
    page = pages[kind.removeprefix("open ")]
    words, url = WORDS[kind][language], url_of(page, language)
    for form in FORMS.values():
        soup, text = told(hub, page, language=language, **form)
        assert words in [link.get_text(" ", strip=True) for link in links_to(url, soup)]
        assert f"{words}\n→ {url}" in text
        assert words.casefold() not in VAGUE


def test_columns_have_the_link_too(hub: Any) -> None:
    hub.newsletter.columns = 2
    hub.newsletter.save()
    hub.edit(stories=[hub.story("open-data"), hub.story("open-data", title="Another")])
    html = hub.compile().editions[hub.locales["en"]].html
    soup = BeautifulSoup(html, "html.parser")
    assert [link.get_text() for link in soup.find_all("a") if "Read the" in link.get_text()] == ["Read the article"] * 2


def test_words_of_a_type_are_told_apart_by_who_hears_only_links(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data"), hub.story("town-meeting"), hub.story("open-day")])
    compiled = hub.compile()
    soup = BeautifulSoup(compiled.editions[hub.locales["en"]].html, "html.parser")
    named = [str(link["aria-label"]) for link in soup.find_all("a", attrs={"aria-label": True})]
    assert named == [
        "Read the article: Open data for all",
        "Read the article: A town meeting",
        "See the programme: Open day",
    ]
    found = run_checks(hub.draft(), compiled=compiled, now=hub.now)
    assert [one.code for one in found if one.code.startswith("link-")] == []


def test_what_the_editor_or_the_page_says_wins(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", link_text="Read who decides")])
    soup = BeautifulSoup(hub.compile().editions[hub.locales["en"]].html, "html.parser")
    (link,) = [link for link in soup.find_all("a") if link.get_text() == "Read who decides"]
    assert not link.has_attr("aria-label")
    assert "text-decoration:underline" in link["style"]


@pytest.mark.parametrize("words", [" ", "\u200b", "\u00ad\u2060"])
def test_words_that_nobody_sees_are_none(hub: Any, words: str) -> None:
    hub.edit(stories=[hub.story("open-data", link_text=words)])
    assert "Read the article" in hub.compile().editions[hub.locales["en"]].text


def test_a_link_in_the_words_of_its_title_is_shown_all_the_same(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", title="Open data", link_text="Open data")])
    url = hub.articles["open-data"]["en"].full_url
    soup = BeautifulSoup(hub.compile().editions[hub.locales["en"]].html, "html.parser")
    assert [link.parent.name for link in links_to(url, soup) if link.parent] == ["h3", "p"]


@pytest.mark.parametrize("form", [{}, {"is_lead": True}])
def test_a_picture_leads_where_its_story_leads_and_is_no_second_link_to_who_hears_it(
    hub: Any, make_picture: Any, form: dict[str, Any]
) -> None:
    hub.edit(stories=[hub.story("open-data", image=make_picture(description="A canal"), **form)])
    compiled = hub.compile()
    soup = BeautifulSoup(compiled.editions[hub.locales["en"]].html, "html.parser")
    (picture,) = soup.find_all("img")
    link = picture.parent
    assert link is not None
    assert (link.name, link["href"]) == ("a", hub.articles["open-data"]["en"].full_url)
    assert (link["aria-hidden"], link["tabindex"], picture["alt"]) == ("true", "-1", "A canal")


def test_a_picture_without_an_alternative_is_no_link_without_words(hub: Any, make_picture: Any) -> None:
    hub.edit(stories=[hub.story("open-data", image=make_picture(description=""))])
    found = run_checks(hub.draft(), compiled=hub.compile(), now=hub.now)
    assert "link-empty" not in {one.code for one in found}


@pytest.fixture
def without_link(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show articles by a card that shows their title only."""
    column = "<mj-column><mj-text>{{ story.title }}</mj-text></mj-column>"
    templates = {"column": column, "mjml": f"<mj-section>{column}</mj-section>", "text": "{{ story.title }}"}
    for name, template in templates.items():
        (tmp_path / f"bare.{name}").write_text(template)
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    card = StoryCard(type="article", section="theme", mjml="bare.mjml", column="bare.column", text="bare.text")
    monkeypatch.setattr(cards, "story_cards", lambda: {"article": card})


def test_a_card_that_shows_no_link_gets_one(hub: Any, without_link: None) -> None:
    hub.newsletter.columns = 2
    hub.newsletter.save()
    hub.edit(stories=[hub.story("open-data")])
    content = hub.compile().contents[hub.locales["en"]]
    (rendered,) = content.stories
    edition = compile_edition(replace(content, order=(rendered,)), followed=None)
    url = rendered.story.url
    assert [link.get_text() for link in links_to(url, BeautifulSoup(edition.html, "html.parser"))] == [
        "Read the article"
    ]
    assert f"Read the article\n→ {url}" in edition.text
    assert rendered.column == ""


def test_an_added_link_is_plain_in_the_text(hub: Any, without_link: None) -> None:
    hub.edit(stories=[hub.story("open-data", link_text="Read & 'decide'")])
    assert "Read & 'decide'\n→ http" in hub.compile().editions[hub.locales["en"]].text


@pytest.mark.parametrize("title", ["مرحبا", '"quoted" & <b>'])
def test_the_name_of_a_link_is_right_for_any_title(hub: Any, title: str) -> None:
    hub.edit(stories=[hub.story("open-data", title=title)])
    soup = BeautifulSoup(hub.compile().editions[hub.locales["en"]].html, "html.parser")
    (link,) = soup.find_all("a", attrs={"aria-label": True})
    assert link["aria-label"] == f"Read the article: {title}"


def test_a_linked_picture_stays_in_feeds(hub: Any, make_picture: Any) -> None:
    from newsletters.api.feeds import mail_as_article

    hub.edit(stories=[hub.story("open-data", image=make_picture(description="A canal"))])
    html = hub.compile().editions[hub.locales["en"]].html
    soup = BeautifulSoup(mail_as_article(html), "html.parser")
    assert [img["alt"] for img in soup.find_all("img")] == ["A canal"]


def test_the_link_of_an_activity_does_not_change_by_the_clock(hub: Any) -> None:
    before = hub.compile().content_hash
    hub.now += timedelta(days=30)
    assert hub.compile().content_hash == before
