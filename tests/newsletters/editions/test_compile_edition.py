"""From an issue to its editions: which stories readers get, in which words and under which titles."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup

from newsletters.editions.compile_edition import CompiledEdition, compile_edition, is_for_readers
from newsletters.exceptions import NoSubject, SaysNothing
from newsletters.values.personal_parts import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL
from team.models import PersonPage, TeamPage
from tests.conftest import add_page
from tests.parts import attribute


def edition(hub: Any, *, language: str = "en", followed: list[str] | None = None) -> CompiledEdition:
    content = hub.compile().contents[hub.locales[language]]
    return compile_edition(content, followed=followed)


def headings(compiled: CompiledEdition) -> list[tuple[str, str]]:
    soup = BeautifulSoup(compiled.html, "html.parser")
    return [(tag.name, tag.get_text(strip=True)) for tag in soup.find_all(["h2", "h3"])]


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def test_an_edition_tells_the_stories_of_the_followed_themes_only(hub: Any) -> None:
    assert headings(edition(hub, followed=["data"])) == [
        ("h2", "Data"),
        ("h3", "Open data for all"),
        ("h2", "Coming activities"),
        ("h3", "Open day"),
    ]
    assert headings(edition(hub, followed=["power"])) == [("h2", "Civic power"), ("h3", "A town meeting")]
    assert headings(edition(hub, followed=["climate"])) == []


def test_the_full_edition_tells_everything_in_the_order_of_the_themes(hub: Any) -> None:
    compiled = edition(hub)
    assert [text for name, text in headings(compiled) if name == "h2"] == ["Data", "Civic power", "Coming activities"]
    assert compiled.story_count == 3


def test_the_lead_story_is_told_to_everyone_and_first(hub: Any) -> None:
    stories = [hub.story("town-meeting"), hub.story("open-data", is_lead=True)]
    hub.edit(stories=stories)
    content = hub.compile().contents[hub.locales["en"]]
    for followed in (["climate"], ["power"], ["power", "data"]):
        assert is_for_readers(content, followed=followed)
        assert headings(compile_edition(content, followed=followed))[0] == ("h2", "Open data for all")
    everything = headings(compile_edition(content, followed=None))
    assert [text for _, text in everything].count("Open data for all") == 1


def test_a_story_without_themes_is_told_to_everyone(hub: Any) -> None:
    for page in hub.articles["open-data"].values():
        page.themes.clear()
        page.save()
    hub.edit(stories=[hub.story("open-data")])
    assert headings(edition(hub, followed=["climate"])) == [("h2", "About the hub"), ("h3", "Open data for all")]


def test_a_story_of_two_themes_stands_once_under_the_one_that_is_followed(hub: Any) -> None:
    for page in hub.articles["open-data"].values():
        page.themes.add(hub.themes["power"])
        page.save()
    hub.edit(stories=[hub.story("open-data")])
    assert headings(edition(hub, followed=["power"])) == [("h2", "Civic power"), ("h3", "Open data for all")]
    assert headings(edition(hub, followed=["data", "power"])) == [("h2", "Data"), ("h3", "Open data for all")]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_each_language_has_its_own_words_links_and_declares_itself(hub: Any, language: str) -> None:
    compiled = edition(hub, language=language)
    root = BeautifulSoup(compiled.html, "html.parser").html
    assert root
    assert (root["lang"], root["dir"]) == (language, "ltr")
    ours, theirs = {"en": ("Open data for all", "voor iedereen"), "nl": ("Open data voor iedereen", "for all")}[
        language
    ]
    for body in (compiled.html, compiled.text):
        assert ours in body
        assert theirs not in body
        assert f"http://hub.test/{language}/themes/data/open-data/" in body
        assert {"en": "Unsubscribe", "nl": "Uitschrijven"}[language] in body


def test_a_page_that_is_not_public_in_a_language_is_left_out_there_with_a_remark(hub: Any) -> None:
    hub.articles["open-data"]["nl"].unpublish()
    compiled = hub.compile()
    assert "Open data" not in compiled.editions[hub.locales["nl"]].html
    assert "Open data" in compiled.editions[hub.locales["en"]].html
    (remark,) = compiled.notices
    told = {str(block.id): block.value["page"].title for block in hub.draft().body}
    assert (told[remark.block_id], str(remark.message)) == (
        "Open data for all",
        "Left out in Nederlands: its page is not public in this language.",
    )


def test_a_story_without_words_in_a_language_is_left_out_there_with_a_remark(hub: Any) -> None:
    value = hub.story("open-data")
    value["texts"] = value["texts"][:1]
    hub.edit(stories=[value, hub.story("town-meeting")])
    (remark,) = hub.compile().notices
    assert "it has no text" in str(remark.message)


def test_a_page_that_was_deleted_is_left_out(hub: Any) -> None:
    for page in hub.articles["open-data"].values():
        page.delete()
    assert "Open data" not in edition(hub).html


@pytest.mark.parametrize("intro", ["", "<p> </p>", "<p>\u200b<br/></p><p>\u00ad</p>"])
def test_a_language_in_which_the_issue_says_nothing_is_left_out(hub: Any, intro: str) -> None:
    hub.edit(stories=[hub.story("open-data")], words={"nl": {"intro": intro}})
    hub.articles["open-data"]["nl"].unpublish()
    compiled = hub.compile()
    assert (list(compiled.editions), compiled.left_out) == ([hub.locales["en"]], (hub.locales["nl"],))


def test_a_language_that_the_issue_is_not_written_in_is_left_out(hub: Any) -> None:
    hub.write_in("en")
    compiled = hub.compile()
    assert (list(compiled.editions), compiled.left_out) == ([hub.locales["en"]], (hub.locales["nl"],))


@pytest.mark.parametrize("block", ["text", "quote", "button", "image", "person", "intro"])
def test_words_of_the_editors_own_are_enough_for_an_issue(hub: Any, make_picture: Any, block: str) -> None:
    def rows(**words: str) -> list[dict[str, str]]:
        return [{"language": "en", **words}]

    team = add_page(hub.page.get_parent(), TeamPage(title="Team", slug="team"))
    values = {
        "text": {"texts": rows(text="<p>Words</p>")},
        "quote": {"texts": rows(quote="Words", attribution="")},
        "button": {"page": None, "url": "https://example.org/", "texts": rows(label="Words")},
        "image": {"image": make_picture(), "texts": rows(alt="Words", caption="")},
        "person": {"page": add_page(team, PersonPage(title="Words", slug="words", function="F")), "texts": []},
    }
    intro = "<p>Words</p>" if block == "intro" else ""
    hub.edit(
        words={"en": {"intro": intro}, "nl": {"intro": ""}},
        stories=[] if block == "intro" else [(block, values[block])],
    )
    compiled = hub.compile()
    assert (list(compiled.editions), compiled.left_out) == ([hub.locales["en"]], (hub.locales["nl"],))
    assert "Words" in compiled.editions[hub.locales["en"]].text
    content = compiled.contents[hub.locales["en"]]
    assert is_for_readers(content, followed=["climate"])


def test_an_issue_that_says_nothing_at_all_cannot_be_compiled(hub: Any, make_picture: Any) -> None:
    blank = [{"language": "en", "text": "<p>\u200b</p>"}]
    stories = [("divider", None), ("text", {"texts": blank}), ("image", {"image": make_picture(), "texts": []})]
    hub.edit(words={"en": {"intro": ""}, "nl": {"intro": ""}}, stories=stories)
    with pytest.raises(SaysNothing):
        hub.compile()


def test_what_is_left_out_is_part_of_what_is_approved(hub: Any) -> None:
    hub.write_in("en")
    without_dutch = hub.compile().content_hash
    hub.newsletter.texts = [text for text in hub.newsletter.texts.all() if text.locale.language_code == "en"]
    hub.newsletter.save()
    assert hub.compile().content_hash != without_dutch


def test_who_sees_no_intro_is_not_greeted_above_it(hub: Any) -> None:
    hub.edit(words={"en": {"intro": "<p>&nbsp;</p>", "signed_by": "Nadi"}})
    compiled = edition(hub)
    assert SALUTATION not in compiled.html + compiled.text
    assert "Nadi" in compiled.text
    assert SALUTATION in edition(hub, language="nl").html


def test_there_is_no_gap_where_the_lead_has_no_picture(hub: Any, make_picture: Any) -> None:
    def space_above_the_lead(image: Any) -> str:
        hub.edit(stories=[hub.story("open-data", is_lead=True, image=image)])
        (above,) = re.findall(r'<mj-wrapper mj-class="paper" padding-top="(\w+)">', edition(hub).mjml)
        return above

    assert (space_above_the_lead(None), space_above_the_lead(make_picture())) == ("0", "24px")


def test_an_issue_without_a_subject_in_a_language_cannot_be_compiled(hub: Any) -> None:
    hub.edit(words={"nl": {"subject": "   "}})
    with pytest.raises(NoSubject, match="Nederlands"):
        hub.compile()


@pytest.mark.parametrize("key", ["open-data", "open-day"])
@pytest.mark.parametrize("is_lead", [False, True])
def test_html_and_text_tell_the_same_teaser(hub: Any, key: str, is_lead: bool) -> None:
    story = hub.story(key, is_lead=is_lead, teaser="Bring your own questions.")
    for shown in (True, False):
        hub.edit(stories=[story | {"without_teaser": not shown}])
        compiled = edition(hub)
        assert ["Bring your own questions." in part for part in (compiled.html, compiled.text)] == [shown, shown]


def test_the_plain_text_has_each_storys_title_and_link_and_no_html(hub: Any) -> None:
    hub.edit(
        stories=[
            hub.story("open-data", is_lead=True, title="Ampersand & <angles> “quoted” it’s"),
            hub.story("town-meeting", teaser="A teaser & more, with a 'quote'."),
            hub.story("open-day"),
        ],
        words={
            "en": {"intro": "<p>Hello &amp; <b>welcome</b>, <a href='https://example.org/?a=1&amp;b=2'>you</a></p>"}
        },
    )
    compiled = edition(hub)
    text = on_one_line(compiled.text)
    for words in (
        "Ampersand & <angles> “quoted” it’s",
        "A town meeting",
        "A teaser & more, with a 'quote'.",
        "Open day",
    ):
        assert words in text
    assert "Hello & welcome, you (https://example.org/?a=1&b=2)" in text
    assert not re.search(r"&(#\d+|#x[0-9a-f]+|[a-z]+);", compiled.text)
    assert not re.search(r"</?(p|b|a|div|span|td)\b", compiled.text)
    in_html = set(re.findall(r'href="(http://hub\.test/en/[^"]+)"', compiled.html))
    assert in_html == {url for url in re.findall(r"→ (\S+)", compiled.text) if "/en/themes/" in url}
    for token in (UNSUBSCRIBE_URL, PREFERENCES_URL):
        assert token in compiled.text
        assert token in compiled.html


def test_no_line_of_the_plain_text_is_longer_than_a_mail_client_shows(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", teaser="word " * 100, title="long title " * 12)])
    lines = edition(hub).text.splitlines()
    assert max(len(line) for line in lines if not line.startswith("→ ")) <= 78
    assert "\n\n\n" not in edition(hub).text


def test_a_mail_loads_nothing_from_other_hosts(hub: Any, make_picture: Any) -> None:
    page = hub.articles["open-data"]["en"]
    page.image = make_picture(description="A canal")
    page.save()
    hub.update_stories()
    soup = BeautifulSoup(edition(hub).html, "html.parser")
    assert not soup.find_all(["script", "link", "iframe", "form", "object", "video"])
    (picture,) = soup.find_all("img")
    assert attribute(picture, "src").startswith("http://hub.test/media/")
    assert picture["alt"] == "A canal"
    assert "@import" not in soup.decode()
    assert len(soup.find_all("h1")) == 1


def test_a_missing_picture_is_told_without_it_and_remarked(hub: Any, make_picture: Any) -> None:
    from pathlib import Path

    for page in hub.articles["open-data"].values():
        page.image = make_picture()
        page.save()
        Path(page.image.file.path).unlink()
    hub.update_stories()
    hub.subscribe("ann")
    compiled = hub.compile()
    assert "<img" not in compiled.editions[hub.locales["en"]].html
    assert {str(remark.message) for remark in compiled.notices} == {
        "Its picture's file is missing, so the story is shown without it."
    }
    assert hub.send().deliveries.count() == 1


def test_an_editors_picture_wins_over_the_pages(hub: Any, make_picture: Any) -> None:
    hub.edit(stories=[hub.story("open-data", image=make_picture("My own")), hub.story("town-meeting")])
    (picture,) = BeautifulSoup(edition(hub).html, "html.parser").find_all("img")
    assert "my-own" in picture["src"]


def test_compiling_twice_gives_the_same_bytes(hub: Any) -> None:
    assert hub.compile().content_hash == hub.compile().content_hash


def test_the_active_language_does_not_change_what_is_compiled(hub: Any) -> None:
    from django.utils import translation

    with translation.override("en"):
        english = hub.compile().content_hash
    with translation.override("nl"):
        assert hub.compile().content_hash == english


def test_an_issue_of_thirty_stories_compiles_and_stays_in_reasonable_size(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", title=f"Story {number}") for number in range(24)])
    compiled = edition(hub)
    assert compiled.story_count == 24
    assert len(compiled.html.encode()) < 102_400
