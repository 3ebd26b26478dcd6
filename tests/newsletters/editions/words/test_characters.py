"""What staff write comes out of the MJML compiler letter for letter, in texts and in attributes."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletters.editions.mjml import to_html
from newsletters.editions.words.safety import printable
from tests.parts import element

ODD = [
    "We ❤️ you, re\u0301sume\u0301, co\u00adoperation, 14\u00a0uur",
    "مرحبًا \u200f(نمستे) नमस्ते 👩\u200d🌾 \U000e0067",
    r"C:\new\table \u{41} \\ \" \n",
    "Quotes \" and ' and &amp; and <b>",
    "U0xe9_ U1x41_",
    "a\u2028b\ufeffc\u202ed\ue000",
]
# MJML with a word in every place in which our templates, or a plugin's, may put staff's words.
WHERE = {
    "title": "<mj-title>{}</mj-title>",
    "text": "<mj-text><p>{}</p></mj-text>",
    "alt in a text": '<mj-text><img src="https://hub.test/x.png" alt="{}" /></mj-text>',
    "title in a text": "<mj-text><span title='{}'>x</span></mj-text>",
    "link in a text": '<mj-text><a href="https://hub.test/?q={}">x</a></mj-text>',
    "alt in raw HTML": '<mj-raw><tr><td><img src="https://hub.test/x.png" alt="{}" /></td></tr></mj-raw>',
    "picture": '<mj-image src="https://hub.test/x.png" alt="{}" />',
    "picture's title": '<mj-image src="https://hub.test/x.png" alt="" title="{}" />',
    "picture's address": '<mj-image src="https://hub.test/{}.png" alt="" href="https://hub.test/{}" />',
    "button": '<mj-button href="https://hub.test/">{}</mj-button>',
    "button's link": '<mj-button href="https://hub.test/?q={}">x</mj-button>',
    "button's name": '<mj-button href="https://hub.test/" name="{}" rel="{}">x</mj-button>',
}


def with_odd(function: Any) -> Any:
    for text in ODD:
        function = example(text)(function)
    return function


def mjml_of(place: str, text: str) -> str:
    filled = WHERE[place].replace("{}", escape(text))
    head, column = (filled, "") if place == "title" else ("", filled)
    body = f"<mj-section><mj-column>{column}</mj-column></mj-section>"
    return f'<mjml lang="en" dir="ltr"><mj-head>{head}</mj-head><mj-body>{body}</mj-body></mjml>'


def contents(html: str) -> list[Any]:
    """Return every attribute and every text except white space."""
    soup = BeautifulSoup(html, "html.parser")
    attributes = [(tag.name, tag.attrs) for tag in soup.find_all(True)]
    return [*attributes, *(text for text in soup.find_all(string=True) if text.strip())]


@pytest.mark.parametrize("place", WHERE)
@with_odd
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
@settings(max_examples=10, deadline=None)
def test_any_words_come_out_as_they_went_in(place: str, text: str) -> None:
    words = f"a{printable(text)}z"
    expected = str(contents(to_html(mjml_of(place, "KEY")))).replace("KEY", "\0")
    html = to_html(mjml_of(place, words))
    assert str(contents(html.replace(escape(words), "KEY"))).replace("KEY", "\0") == expected
    assert "\\u{" not in html.replace(escape(words), "")


def test_the_label_is_the_title_also_with_quotes_and_line_breaks() -> None:
    source = mjml_of("title", "KEY").replace("KEY", 'The "best"\nof both\t\\')
    soup = BeautifulSoup(to_html(source), "html.parser")
    assert soup.title is not None
    assert soup.title.string == 'The "best"\nof both\t\\'
    assert element(soup, "[role=article]")["aria-label"] == soup.title.string


def test_an_attribute_over_two_lines_and_one_in_single_quotes_stay_what_they_are() -> None:
    source = mjml_of("text", "KEY").replace("<p>", "<p\n  style='margin:0;\n  color:red'\n  title='a \"b\"'>")
    paragraph = BeautifulSoup(to_html(source), "html.parser").p
    assert paragraph is not None
    assert paragraph.attrs == {"style": "margin:0;\n  color:red", "title": 'a "b"'}


def test_a_compiled_edition_holds_no_debug_notation_and_names_itself(hub: Any) -> None:
    words = "We ❤️ re\u0301sume\u0301s \\u{41} مرحبًا"
    hub.edit(stories=[hub.story("open-data", title=words)], words={"en": {"subject": words, "title": words}})
    edition = hub.compile().editions[hub.locales["en"]]
    soup = BeautifulSoup(edition.html, "html.parser")
    assert element(soup, "[role=article]")["aria-label"] == words
    assert "\\u{" not in edition.html.replace("\\u{41}", "")
    assert edition.html.count(words) >= 4
