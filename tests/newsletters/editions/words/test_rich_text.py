"""Rich text of staff in a mail: whitelisted, with absolute links, shallow enough for the compiler."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup

from newsletters.editions.look import text_css
from newsletters.editions.words.plain_text import to_mail_text
from newsletters.editions.words.rich_text import to_mail_html
from newsletters.exceptions import RichTextTooDeep
from newsletters.values.look import Look
from tests.parts import attribute


def mail_html(source: str) -> BeautifulSoup:
    html = to_mail_html(source, base_url="https://hub.test", css="p { margin: 0 } a { color: #0b4f8a }")
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello <script>alert(1)</script></p>",
        '<p>Hello <img src="x" onerror="alert(1)"></p>',
        '<p onclick="alert(1)">Hello</p>',
        '<p>Hello <iframe src="https://evil.example"></iframe></p>',
        "<p>Hello</p><style>* { display: none }</style>",
        '<p>Hello <a href="javascript:alert(1)">link</a></p>',
        '<p>Hello <a href="data:text/html,x">link</a></p>',
        '<p>Hello <a href=" java\nscript:alert(1)">link</a></p>',
        '<p>Hello <svg><a xlink:href="javascript:alert(1)">link</a></svg></p>',
        "<mj-text>Hello</mj-text><mj-raw><p>raw</p></mj-raw>",
        '<p>Hello <link rel="stylesheet" href="http://169.254.169.254/"></p>',
    ],
)
def test_nothing_runs_and_nothing_is_loaded(source: str) -> None:
    soup = mail_html(source)
    assert "Hello" in soup.get_text()
    assert {tag.name for tag in soup.find_all(True)} <= {"p", "a", "b", "strong", "em", "i", "ul", "ol", "li", "br"}
    assert {name for tag in soup.find_all(True) for name in tag.attrs} <= {"style", "href"}
    assert "alert" not in soup.decode()
    assert "data:" not in soup.decode()


def test_relative_links_become_absolute() -> None:
    soup = mail_html('<p><a href="/en/themes/">themes</a> <a href="mailto:a@example.org">mail</a></p>')
    assert [link["href"] for link in soup.find_all("a")] == ["https://hub.test/en/themes/", "mailto:a@example.org"]


def test_links_to_pages_become_absolute(hub: Any) -> None:
    page = hub.articles["open-data"]["en"]
    soup = mail_html(f'<p><a linktype="page" id="{page.pk}">it</a> <a linktype="page" id="99999">lost</a></p>')
    (link,) = soup.find_all("a")  # of the lost one its words are left
    assert re.fullmatch(r"https?://.*/en/themes/data/open-data/", attribute(link, "href"))
    assert soup.get_text().strip() == "it lost"


def test_embeds_become_links_and_pictures_go_and_nobody_is_asked(db: None) -> None:
    soup = mail_html(
        '<p>Hello</p><embed embedtype="media" url="https://youtu.be/x?a=1&amp;b=2"/>'
        '<embed embedtype="media" url="javascript:alert(1)"/><embed embedtype="image" id="1" format="left" alt="gone"/>'
    )
    assert [link.get("href") for link in soup.find_all("a")] == ["https://youtu.be/x?a=1&b=2"]
    assert "gone" not in soup.decode()
    assert soup.find("img") is None


def test_css_is_inlined() -> None:
    assert "margin" in mail_html("<p>Hello</p>").p["style"]  # type: ignore[index]


def test_a_list_within_a_list_leaves_no_gap_below() -> None:
    source = "<ul><li>Fruit<ol><li>Apple</li></ol></li><li>Bread</li></ul>"
    soup = BeautifulSoup(to_mail_html(source, base_url="https://hub.test", css=text_css(Look())), "html.parser")
    margins = [
        part.strip() for tag in soup.find_all(["ul", "ol"]) for part in str(tag["style"]).split(";") if "margin" in part
    ]
    assert margins == ["margin:0 0 16px", "margin:0"]


@pytest.mark.parametrize(
    ("start", "items", "room"),
    [
        ("", 9, "24px"),
        ("", 10, "36px"),
        ("", 99, "36px"),
        ("", 100, "48px"),
        ("9", 1, "24px"),
        ("9", 2, "36px"),
        ("-9", 1, "36px"),
        ("995", 6, "60px"),
        ("2000000", 1, "96px"),
        ("9" * 5000, 1, "24px"),
        ("one", 1, "24px"),
    ],
)
def test_a_list_has_room_for_its_longest_number(start: str, items: int, room: str) -> None:
    source = f'<ol start="{start}">{"<li>Fruit<ul><li>Apple</li></ul></li>" * items}</ol>'
    soup = BeautifulSoup(to_mail_html(source, base_url="https://hub.test", css=text_css(Look())), "html.parser")
    outer, inner = (str(soup.select_one(name)["style"]).replace(" ", "") for name in ("ol", "ul"))  # type: ignore[index]
    assert f"padding-left:{room}" in outer
    assert "margin:0016px" in outer
    assert "padding-left:24px" in inner


def test_empty_text_is_empty() -> None:
    assert to_mail_html("", base_url="https://hub.test", css="") == ""
    assert to_mail_html("<script>x</script>", base_url="https://hub.test", css="") == ""


def test_twenty_levels_are_allowed_and_more_are_refused() -> None:
    assert mail_html("<p>" + "<b>" * 10 + "x" + "</b>" * 10 + "</p>").get_text() == "x"
    with pytest.raises(RichTextTooDeep):
        mail_html("<b>" * 10_000 + "x")
    with pytest.raises(RichTextTooDeep):
        mail_html("<p>" + "<b>" * 30 + "x" + "</b>" * 30 + "</p>")


@pytest.mark.parametrize(
    "source",
    [
        "<br>" * 500 + "<b>" * 400 + "x" + "</b>" * 400,
        "</p>" * 500 + "<b>" * 400 + "x" + "</b>" * 400,
        "<b>" * 400 + "x" + "</b>" * 400 + "<br/>" * 400,
        "<b></i>" * 400 + "x",
        '<b><a href="https://a.example/</b></a></b>">x</a>' * 400,
    ],
    ids=["line breaks before", "stray end tags", "line breaks after", "wrong end tags", "end tags in attributes"],
)
def test_depth_cannot_be_hidden(source: str) -> None:
    with pytest.raises(RichTextTooDeep):
        mail_html(source)


def test_a_text_of_a_hundred_thousand_characters_is_refused() -> None:
    with pytest.raises(RichTextTooDeep):
        mail_html("<p>" + "x" * 100_000 + "</p>")


def test_many_paragraphs_with_line_breaks_are_not_deep() -> None:
    assert len(mail_html("<p>one<br>two<br/>three</p>" * 100).find_all("p")) == 100


def test_plain_text_keeps_paragraphs_lists_and_the_links_addresses() -> None:
    html = (
        "<p>One &amp; <a href='https://a.example/?x=1&amp;y=2'>two</a><br>three</p><ul><li>four</li><li>five</li></ul>"
    )
    assert to_mail_text(html) == "One & two (https://a.example/?x=1&y=2)\nthree\n\n- four\n- five"
