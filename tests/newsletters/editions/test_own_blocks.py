"""The editor's own blocks: what they say in each language, and where they appear."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup
from wagtail.models import Page

from archive.models import ArchiveItemPage, ArchivePage
from newsletters.editions.compile_edition import compile_edition, is_for_readers
from team.models import PersonPage, TeamPage
from tests.conftest import add_page

LANGUAGES = ("en", "nl")


def quote(words: str, *, languages: tuple[str, ...] = LANGUAGES) -> tuple[str, Any]:
    rows = [{"language": code, "quote": f"{words} {code}", "attribution": ""} for code in languages]
    return "quote", {"texts": rows}


def lines(hub: Any, *, followed: list[str] | None = None) -> list[str]:
    """Return the titles of sections and stories, and the quotes, in the mail's order, which text and HTML share."""
    compiled = compile_edition(hub.compile().contents[hub.locales["en"]], followed=followed)
    soup = BeautifulSoup(compiled.html, "html.parser")
    found = [tag.get_text(strip=True) for tag in soup.find_all(["h2", "h3", "blockquote"])]
    at = [" ".join(compiled.text.split()).index(words) for words in found]
    assert at == sorted(at)
    return found


def test_sections_come_in_the_editors_order_and_keep_theirs_together(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-day"), hub.story("town-meeting"), hub.story("open-data")])
    assert lines(hub) == ["Coming activities", "Open day", "Civic power", "A town meeting", "Data", "Open data for all"]


def test_a_block_stays_behind_the_story_that_it_follows(hub: Any) -> None:
    hub.edit(
        stories=[
            quote("opens"),
            hub.story("open-data", title="One"),
            quote("behind one"),
            hub.story("town-meeting", title="Two"),
            quote("behind two"),
            hub.story("open-data", title="Three"),
            quote("ends"),
        ]
    )
    everything = lines(hub)
    assert everything == [
        "“opens en”",
        *("Data", "One", "“behind one en”", "Three", "“ends en”"),
        *("Civic power", "Two", "“behind two en”"),
    ]
    own = [line for line in everything if line.startswith("“")]
    assert lines(hub, followed=["power"]) == [*own[:3], "Civic power", "Two", own[3]]
    assert lines(hub, followed=["climate"]) == own


def test_a_block_behind_the_lead_goes_up_with_it(hub: Any) -> None:
    lead = hub.story("open-data", title="The lead", is_lead=True)
    hub.edit(stories=[quote("opens"), hub.story("town-meeting"), lead, quote("behind the lead")])
    assert lines(hub) == ["“opens en”", "The lead", "“behind the lead en”", "Civic power", "A town meeting"]


def test_a_divider_goes_with_its_story(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data"), ("divider", None), hub.story("town-meeting")])
    content = hub.compile().contents[hub.locales["en"]]
    rules = {slug: compile_edition(content, followed=[slug]).text.count("* * *") for slug in ("data", "power")}
    assert rules["data"] - rules["power"] == 1


def test_a_block_alone_makes_an_edition_for_everyone_a_rule_or_an_intro_does_not(hub: Any) -> None:
    hub.edit(stories=[quote("opens"), hub.story("open-data")])
    assert is_for_readers(hub.compile().contents[hub.locales["en"]], followed=["climate"])
    hub.edit(stories=[("divider", None), hub.story("open-data")])
    content = hub.compile().contents[hub.locales["en"]]
    assert content.intro_text
    assert is_for_readers(content, followed=["data"])
    assert not is_for_readers(content, followed=["climate"])


def outline(hub: Any, *, followed: list[str] | None = None) -> list[str]:
    """Return titles with their level, quotes, and rules between parts, in order; the plain text has the same."""
    compiled = compile_edition(hub.compile().contents[hub.locales["en"]], followed=followed)
    soup = BeautifulSoup(compiled.html, "html.parser")
    found = [(tag.name, tag.get_text(strip=True)) for tag in soup.find_all(["h1", "h2", "h3", "hr", "blockquote"])]
    levels = [int(name[1]) for name, _words in found if name in {"h1", "h2", "h3"}]
    assert all(below <= above + 1 for above, below in pairwise(levels)), "a level is skipped"
    body = compiled.text.partition("Unsubscribe")[0].rpartition("* * *")[0]
    assert body.count("* * *") == [name for name, _words in found].count("hr")
    text = " ".join(body.split())
    at = 0
    for _name, words in found:
        at = text.index(words, at) + len(words)
    return [f"{name} {words}".strip() for name, words in found if name != "h1"]


@pytest.fixture
def item(hub: Any) -> Any:
    """A story from the archive."""
    archive = add_page(hub.page.get_parent(), ArchivePage(title="Archive", slug="archive"))
    page = add_page(archive, ArchiveItemPage(title="An old item", slug="old", kind="project", year=2019))
    return lambda title: {
        "page": page,
        "is_lead": False,
        "texts": [{"language": "en", "title": title, "teaser": "", "link_text": ""}],
        "image": None,
    }


def test_a_person_is_no_part_of_the_section_above(hub: Any, person: Page, item: Any) -> None:
    colleague = ("person", {"page": person, "texts": []})
    hub.edit(stories=[item("Old"), colleague, item("Older"), colleague])
    assert outline(hub) == ["h2 From the archive", "h3 Old", "h3 Older", "h2 People", "h3 Nadi", "h3 Nadi"]


def test_a_person_has_a_title_above_also_where_the_mail_opens_and_behind_the_lead(hub: Any, person: Page) -> None:
    colleague = ("person", {"page": person, "texts": []})
    lead = hub.story("open-data", title="The lead", is_lead=True)
    hub.edit(stories=[colleague, quote("opens"), lead, colleague, quote("behind")])
    people = ["h2 People", "h3 Nadi", "hr"]
    assert outline(hub) == [*people, "blockquote “opens en”", "h2 The lead", *people, "blockquote “behind en”"]


def test_a_person_among_people_needs_no_title_twice(hub: Any, person: Page) -> None:
    story = {"page": person, "is_lead": False, "texts": [], "image": None}
    story["texts"] = [{"language": "en", "title": "Ann", "teaser": "", "link_text": ""}]
    hub.edit(stories=[story, ("person", {"page": person, "texts": []}), quote("apart")])
    assert outline(hub) == ["h2 People", "h3 Ann", "h3 Nadi", "hr", "blockquote “apart en”"]


def test_a_block_behind_a_sections_last_story_stands_apart_and_one_between_two_does_not(hub: Any, item: Any) -> None:
    hub.edit(stories=[item("Old"), quote("between"), item("Older"), quote("behind"), quote("last")])
    own = ["blockquote “behind en”", "blockquote “last en”"]
    assert outline(hub) == ["h2 From the archive", "h3 Old", "blockquote “between en”", "h3 Older", "hr", *own]


def test_a_block_stands_apart_too_where_the_reader_does_not_get_its_section(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data"), hub.story("town-meeting"), quote("on power")])
    assert outline(hub, followed=["data"]) == ["h2 Data", "h3 Open data for all", "hr", "blockquote “on power en”"]


def test_where_the_editor_drew_a_rule_there_is_no_second_one(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data"), ("divider", None), quote("behind")])
    compiled = compile_edition(hub.compile().contents[hub.locales["en"]], followed=None)
    assert "<hr" not in compiled.html
    assert compiled.text.count("* * *") == 2  # the editor's, and the one above the footer


def test_a_block_without_words_in_a_language_is_left_out_there_with_a_remark(hub: Any) -> None:
    hub.edit(stories=[quote("only", languages=("en",)), hub.story("open-data")])
    compiled = hub.compile()
    assert "“only en”" in compiled.editions[hub.locales["en"]].text
    assert "“only" not in compiled.editions[hub.locales["nl"]].text
    assert [str(remark.message) for remark in compiled.notices] == ["Left out in Nederlands: it has no text."]


@pytest.fixture
def person(hub: Any, make_picture: Any) -> Page:
    home = hub.page.get_parent()
    team = add_page(home, TeamPage(title="Team", slug="team"))
    portrait = make_picture("Portrait", description="A portrait")
    page = PersonPage(title="Nadi", slug="nadi", function="Facilitator", summary="Asks questions.", image=portrait)
    return add_page(team, page)


def test_each_kind_says_its_words_in_html_and_in_text(hub: Any, person: Page, make_picture: Any) -> None:
    def rows(**words: Any) -> list[dict[str, Any]]:
        return [{"language": "en", **words}]

    article = hub.articles["town-meeting"]["nl"]
    text = "<p>Hello <b>you</b></p><ul><li>One</li></ul>"
    blocks = [
        ("text", {"texts": [{"language": "en", "text": text}]}),
        ("quote", {"texts": rows(quote="Say it", attribution="The hub")}),
        ("button", {"page": article, "url": "", "texts": rows(label="Go there")}),
        ("button", {"page": None, "url": "https://example.org/?a=1&b=2", "texts": rows(label="Out")}),
        ("image", {"image": make_picture("Canal"), "texts": rows(alt="A canal", caption="At noon")}),
        ("person", {"page": person, "texts": rows(words="")}),
        ("person", {"page": person, "texts": rows(words="My own words.")}),
    ]
    hub.edit(stories=[hub.story("open-data", is_lead=True), *blocks])
    edition = hub.compile().editions[hub.locales["en"]]
    soup = BeautifulSoup(edition.html, "html.parser")
    assert soup.blockquote
    assert "“Say it”" in soup.blockquote.get_text()
    links = {str(a["href"]): a.get_text(strip=True) for a in soup.find_all("a", href=True)}
    assert links["http://hub.test/en/themes/power/town-meeting/"] == "Go there"  # follows the translation
    assert links["https://example.org/?a=1&b=2"] == "Out"
    pictures = [(img["alt"], img["width"]) for img in soup.find_all("img")]
    assert pictures == [("A canal", "536"), ("A portrait", "96"), ("A portrait", "96")]
    for words in ("Hello you", "At noon", "Nadi", "Facilitator", "Asks questions.", "My own words."):
        assert words in " ".join(soup.get_text(" ").split()), words
        assert words in " ".join(edition.text.split()), words
    for words in ("- One", "“Say it”\n(The hub)", "Go there\n→ http://hub.test/en/", "[Picture: A canal]"):
        assert words in edition.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "", "//x.org"])
def test_a_button_leads_to_a_web_page_or_is_left_out(hub: Any, url: str) -> None:
    button = ("button", {"page": None, "url": url, "texts": [{"language": "en", "label": "Press"}]})
    hub.edit(stories=[button, hub.story("open-data")])
    compiled = hub.compile()
    assert "Press" not in compiled.editions[hub.locales["en"]].html
    assert "it leads nowhere" in str(compiled.notices[0].message)


def test_a_page_that_is_not_public_is_behind_no_button_and_no_portrait(hub: Any, person: Page) -> None:
    person.unpublish()
    label = [{"language": "en", "label": "Press"}]
    blocks = [("button", {"page": person, "url": "", "texts": label}), ("person", {"page": person, "texts": []})]
    hub.edit(stories=[*blocks, hub.story("open-data")])
    edition = hub.compile().editions[hub.locales["en"]]
    assert "Press" not in edition.html
    assert "Nadi" not in edition.html


def test_a_picture_in_a_private_collection_is_not_shown(hub: Any, make_picture: Any) -> None:
    from wagtail.models import Collection, CollectionViewRestriction

    private = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=private, restriction_type="login")
    picture = make_picture("Secret", collection=private)
    own = ("image", {"image": picture, "texts": []})
    hub.edit(stories=[own, hub.story("open-data", image=picture), hub.story("town-meeting")])
    compiled = hub.compile()
    assert "<img" not in compiled.editions[hub.locales["en"]].html
    assert len(compiled.notices) == 4  # two of them in two languages
