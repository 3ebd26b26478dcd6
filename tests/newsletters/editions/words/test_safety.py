"""No text of staff breaks out of the mail, injects anything into it or crashes its compiler, in any block."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cms.plugins.registry import issue_block_kinds, story_cards
from cms.values.mail_headers import header_words
from newsletters.editions.cards import render_card, render_own
from newsletters.editions.mjml import to_html
from newsletters.editions.template_values import Story, ThemeLabel
from newsletters.editions.words.rich_text import to_mail_html
from newsletters.editions.words.safety import printable, require_compilable
from newsletters.exceptions import IssueProblem, MailTooDeep, RichTextTooDeep
from newsletters.testing import example_loaded
from newsletters.values.look import Look, Picture

LOADED: Any = SimpleNamespace(locale=SimpleNamespace(language_code="en"), look=Look(), hosts=frozenset({"hub.test"}))
HOSTILE = (
    "{{ settings.SECRET_KEY }} {% load x %}",
    "</mj-text></mj-column><script>alert(1)</script>",
    "]]> <!-- --> <![endif]--> &#0; &nbsp;",
    "\x00\x0b\x1b[31m\x7f\x85\ufffe\ud800",
    "مرحبا \u202etxet \u2066",
    '" onload="alert(1)',
    "%%unsubscribe_url%%",
    "🌞👩‍💻",
)


def picture(alt: str) -> Picture:
    return Picture(url="https://hub.test/p.jpg", width=536, height=300, alt=alt)


def blocks_with(text: str) -> list[tuple[str, str]]:
    """Return each own block and each story card with the text in all its fields, as MJML and as plain text."""
    own: dict[str, dict[str, Any]] = {
        "quote": {"text": text, "attribution": text},
        "button": {"label": text, "url": "https://hub.test/"},
        "image": {"picture": picture(text), "caption": text},
        "divider": {},
    }
    rendered = [render_own(issue_block_kinds()[kind], block, loaded=LOADED) for kind, block in own.items()]
    facts = {"day": "1", "month": "May", "when": "1 May", "place": text, "is_online": False, "function": text}
    for card in story_cards().values():
        story = Story(
            card=card.type,
            section=card.section,
            title=text,
            teaser=text,
            link_text=text + "!",
            url="https://hub.test/",
            themes=(ThemeLabel(slug="data", name=text, colour="#1c6f9c"),),
            picture=picture(text),
            thumbnail=picture(text),
            facts={**facts, "kind": text, "year": 2020},
        )
        card_as_mail = render_card(story, loaded=LOADED)
        rendered.append((card_as_mail.mjml, card_as_mail.text))
    return rendered


def compiled(text: str) -> BeautifulSoup:
    body = "".join(mjml for mjml, _plain in blocks_with(text))
    return BeautifulSoup(to_html(printable(f"<mjml><mj-body>{body}</mj-body></mjml>")), "html.parser")


def shape(soup: BeautifulSoup) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag.name, tuple(sorted(tag.attrs))) for tag in soup.find_all(True)]


def with_each(function: Any) -> Any:
    for text in HOSTILE:
        function = example(text)(function)
    return function


@with_each
@given(st.text(alphabet=st.characters(), min_size=1, max_size=60).map(lambda text: f"a{text}z"))
@settings(max_examples=25, deadline=None)
def test_any_words_stand_literally_in_every_block_and_add_no_element(text: str) -> None:
    soup = compiled(text)
    assert shape(soup) == shape(compiled("harmless"))
    seen = " ".join(printable(text).split())
    assert " ".join(soup.get_text(" ").split()).count(seen) >= 8
    assert not soup.find_all("script")
    for _mjml, plain in blocks_with(text):
        printable(plain).encode()


@with_each
@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_words_make_one_header(text: str) -> None:
    words = header_words(printable(text))
    assert words.isprintable() or not any(c in words for c in "\r\n\x00")
    assert len(words.splitlines()) <= 1
    assert header_words(words) == words


@example("</p><ul><li></li></ul>")
@with_each
@given(st.text(alphabet=st.sampled_from("<>/abpliu =\"'&;{}%"), max_size=120))
def test_any_rich_text_becomes_well_formed(text: str) -> None:
    html = to_mail_html(f"<p>{text}</p>", base_url="https://hub.test", css="p { margin: 0 }")
    mjml, _plain = render_own(issue_block_kinds()["text"], {"html": html, "text": ""}, loaded=LOADED)
    soup = BeautifulSoup(to_html(printable(f"<mjml><mj-body>{mjml}</mj-body></mjml>")), "html.parser")
    assert not soup.find_all(["script", "img", "iframe", "form", "style"], src=True)


def test_a_page_template_brings_into_a_mail_only_what_a_mail_can_hold(settings: Any, tmp_path: Path, db: None) -> None:
    (tmp_path / "call.html").write_text(
        """<section class="call"><h2>{{ value.title }}</h2><script>alert(1)</script><img src="https://spy.test/p.gif">
        <p onclick="alert(1)">See <a href="/en/open/">{{ value.title }}</a></p></section>"""
    )
    (tmp_path / "call.mjml").write_text(
        "<mj-section><mj-column><mj-text>{{ block.title }}</mj-text></mj-column></mj-section>"
    )
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    kind = replace(issue_block_kinds()["quote"], template="call.html", mjml="", text="")
    mjml, text = render_own(kind, {"title": "open <b>"}, loaded=example_loaded("en"))
    soup = BeautifulSoup(to_html(f"<mjml><mj-body>{mjml}</mj-body></mjml>"), "html.parser")
    (paragraph,) = soup.find_all("p")
    assert (paragraph["dir"], paragraph.get_text(), paragraph.get("onclick")) == ("auto", "See open <b>", None)
    assert [link["href"] for link in soup.find_all("a")] == ["http://hub.test/en/open/"]
    assert not soup.find_all(["img", "script"])
    assert "open <b>" in text
    assert "alert" not in mjml + text
    own, text = render_own(replace(kind, mjml="call.mjml"), {"title": "open"}, loaded=example_loaded("en"))
    assert ("See" in own, "See" in text) == (False, True)


def test_ten_thousand_words_are_told_or_refused_but_crash_nothing(hub: Any) -> None:
    words = "word " * 10_000
    rows = [{"language": "en", "quote": words, "attribution": ""}]
    hub.edit(stories=[hub.story("open-data", teaser=words), ("quote", {"texts": rows})])
    edition = hub.compile().editions[hub.locales["en"]]
    assert edition.html.count("word ") >= 20_000 - 2
    assert max(map(len, edition.text.splitlines())) <= 78
    hub.edit(stories=[hub.story("open-data", teaser="word " * 300_000)])
    with pytest.raises(MailTooDeep):
        hub.compile()


def test_deep_nesting_is_refused_before_the_compiler_sees_it_also_in_a_small_stack() -> None:
    deep = "<mjml><mj-body>" + "<div>" * 10_000 + "</div>" * 10_000 + "</mj-body></mjml>"
    caught: list[Exception] = []

    def work() -> None:
        for act in (lambda: to_html(deep), lambda: to_mail_html("<ul><li>" * 5_000, base_url="https://x.org", css="")):
            try:
                act()
            except IssueProblem as error:
                caught.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert [type(error) for error in caught] == [MailTooDeep, RichTextTooDeep]


def test_our_own_layout_is_far_from_the_limit(hub: Any) -> None:
    for edition in hub.compile().editions.values():
        require_compilable(edition.mjml)


def test_unprintable_words_in_subject_and_greeting_can_be_sent(hub: Any, transport: Any, work: Any) -> None:
    odd = "a\x0b\x1b\x7f\u2028b"
    hub.edit(words={"en": {"subject": odd, "preheader": odd, "title": odd, "greeting": f"{odd} {{name}}"}})
    hub.subscribe("ann")
    work(hub.send(), transport)
    head = transport.handovers[0].data.partition(b"\r\n\r\n")[0]
    assert b"\r\nSubject: a b\r\n" in head
    assert not set(head) & {0x0B, 0x1B, 0x7F, 0x00}
