"""Words in another script than the edition's, and quotation marks of the edition's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from cms.templatetags.words import quoted
from newsletters.editions.compile_edition import compile_edition
from newsletters.editions.words.directions import with_directions

APPS = Path(__file__).resolve().parents[3]
ARABIC = "البيانات المفتوحة (2026)!"
HEBREW = "שלום, עולם."


def soup_of(hub: Any) -> BeautifulSoup:
    html = compile_edition(hub.compile().contents[hub.locales["en"]], followed=None).html
    return BeautifulSoup(html, "html.parser")


def test_what_an_editor_wrote_in_another_script_runs_as_it_is_written(hub: Any) -> None:
    row = {
        "language": "en",
        "quote": HEBREW,
        "attribution": HEBREW,
        "label": HEBREW,
        "text": f"<p>{HEBREW}</p><p>Words</p>",
    }
    quote, button, text = (
        (kind, {"texts": [{name: row[name] for name in names}], **more})
        for kind, names, more in (
            ("quote", ("language", "quote", "attribution"), {}),
            ("button", ("language", "label"), {"page": None, "url": "https://example.org/"}),
            ("text", ("language", "text"), {}),
        )
    )
    stories = [
        hub.story("open-data", is_lead=True, title=ARABIC, teaser=ARABIC, link_text=ARABIC),
        hub.story("town-meeting", title=ARABIC, teaser=ARABIC),
        hub.story("open-day", title=ARABIC, teaser=ARABIC),
    ]
    hub.edit(
        stories=[*stories, quote, button, text],
        words={"en": {"title": ARABIC, "intro": f"<p>{ARABIC}</p><ul><li>{HEBREW}</li></ul>", "signed_by": HEBREW}},
    )
    soup = soup_of(hub)
    found = list(soup.body.find_all(string=lambda s: s in {ARABIC, HEBREW, f"“{HEBREW}”"}))  # type: ignore[union-attr]
    assert len(found) >= 12
    for words in found:
        assert words.find_parent(dir="auto"), words
    headings = soup.find_all(["h1", "h2", "h3"], string=lambda s: s in {ARABIC, HEBREW, f"“{HEBREW}”"})
    assert {(each.name, each.get("dir")) for each in headings} == {("h1", "auto"), ("h2", "auto"), ("h3", "auto")}


def test_paragraphs_find_out_their_own_direction() -> None:
    html = f'<p style="margin:0">{HEBREW} &lt;b&gt; &amp;<br/><a href="/x?a=1&amp;b=2">x</a></p><ul><li>Words</li></ul>'
    marked = html.replace("<p", '<p dir="auto"').replace("<li>", '<li dir="auto">')
    assert with_directions(html) == marked


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "“Ours”"),
        ("nl", "“Ours”"),
        ("de", "„Ours“"),
        ("de-at", "„Ours“"),
        ("fr", "«\u00a0Ours\u00a0»"),
        ("pl", "„Ours”"),
        ("pt-br", "“Ours”"),
        ("pt-pt", "«Ours»"),
        ("sv", "”Ours”"),
        ("ja", "「Ours」"),
    ],
)
def test_a_quote_stands_between_the_marks_of_its_language(language: str, shown: str) -> None:
    assert quoted("Ours", language) == shown
    assert quoted("“Ours”", language) == "“Ours”"  # the editor's own
    assert quoted('"Ours"', language) == '"Ours"'


def test_outlook_which_knows_no_start_and_end_is_told_left_and_right() -> None:
    templates = [*APPS.glob("*/templates/**/mail/**/*.mjml")]
    for path in templates:
        for tag in BeautifulSoup(path.read_text(), "html.parser").find_all(style=True):
            if "text-align:start" in str(tag["style"]) or "text-align:end" in str(tag["style"]):
                assert tag.get("align"), path
