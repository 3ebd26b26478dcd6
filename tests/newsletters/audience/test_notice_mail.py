"""Mails about a subscription: in the newsletter's look, and one thing to do in each."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup

from newsletters.audience.notice_mail import CompiledNotice, NoticeMail, compile_notice, notice_of
from newsletters.audience.notice_words import NoticeKind, words_of
from newsletters.editions.template_values import Sender
from newsletters.models import Subscription
from newsletters.values.look import Look

URL = "https://hub.test/n/c/a-token?x=1&y=2"
MAIL = NoticeMail(
    language="en",
    direction="ltr",
    words=words_of(NoticeKind.REQUESTED, newsletter="The Letter"),
    sender=Sender(name="Hub", postal_address="Street 1\nTown", registration_number="34"),
    look=Look(sun="#f58220", paper="#fffdf5"),
)


def parts(mail: CompiledNotice) -> tuple[BeautifulSoup, str]:
    return BeautifulSoup(mail.html_for(URL), "html.parser"), mail.text_for(URL)


def asked(reader: Subscription) -> CompiledNotice:
    return notice_of(NoticeKind.REQUESTED, newsletter=reader.newsletter, locale=reader.locale)


def test_it_has_a_button_that_outlook_draws_and_the_address_to_copy() -> None:
    soup, text = parts(compile_notice(MAIL))
    button, address = soup.find_all("a")
    assert (button["href"], address["href"], address.text) == (URL, URL, URL)
    cell = button.find_parent("td")
    assert cell
    assert cell["bgcolor"] == MAIL.look.sun_ground
    assert "mso-padding-alt" in str(cell["style"])
    assert f"→ {URL}" in text.splitlines()
    assert not soup.find_all("img")


def test_it_wears_the_newsletters_look() -> None:
    html = compile_notice(MAIL).html
    for name in ("ink", "paper", "page", "sun", "on_sun", "link", "quiet", "dark_paper", "dark_ink", "dark_quiet"):
        assert getattr(MAIL.look, name) in html, name


def test_its_title_does_not_grow_on_a_phone() -> None:
    soup, _text = parts(compile_notice(MAIL))
    (title,) = soup.find_all("h1")
    (wide,) = re.findall(r"font-size:(\d+)px", str(title["style"]))
    (on_phone,) = re.findall(r"\.page h1 { font-size: (\d+)px", str(soup))
    assert int(on_phone) <= int(wide)


@pytest.mark.parametrize("kind", NoticeKind)
def test_both_parts_say_the_same(kind: NoticeKind) -> None:
    words = words_of(kind, newsletter="The Letter")
    soup, text = parts(compile_notice(replace(MAIL, words=words)))
    in_html, in_text = (" ".join(said.split()) for said in (soup.get_text(" "), text))
    assert "The Letter" in words.subject
    assert soup.title
    assert soup.title.text == words.subject
    for said in (words.subject, words.why, words.otherwise, "Street 1"):
        assert said in in_html
        assert said in in_text
    assert words.button in in_html
    assert words.instruction in in_text


@pytest.mark.parametrize(("language", "direction"), [("nl", "ltr"), ("ar", "rtl")])
def test_it_is_in_its_language_and_runs_as_that_is_written(language: str, direction: str) -> None:
    soup, _text = parts(compile_notice(replace(MAIL, language=language, direction=direction)))
    assert soup.html
    assert (soup.html["lang"], soup.html["dir"]) == (language, direction)
    start = "right" if direction == "rtl" else "left"
    assert soup.h1
    assert f"text-align:{start}" in str(soup.h1.find_parent("div")["style"])  # type: ignore[index]


@pytest.mark.parametrize(
    "name",
    [
        '"><script>alert(1)</script>',
        "</mj-text><mj-raw>",
        "{{ mail }} %%url%%",
        "\x00\ud800a\ufdd0",
        "x" * 120,
        "& &amp; 'q'",
    ],
)
def test_no_name_of_a_newsletter_breaks_it(hub: Any, name: str) -> None:
    (ann,) = hub.subscribe("ann")
    texts = list(ann.newsletter.texts.all())
    for text in texts:
        text.title = name
    ann.newsletter.texts = texts
    soup, plain = parts(asked(ann))
    shown = "".join(c for c in name if c not in "\x00\ud800\ufdd0")
    assert soup.h1
    assert soup.h1.get_text() == f"Please confirm: {shown}"
    assert shown.split()[0] in plain
    assert not soup.find("script")
    assert len(soup.find_all("a")) == 2


def test_it_is_compiled_once_for_a_newsletter_and_language(hub: Any) -> None:
    ann, bob = hub.subscribe("ann", "bob")
    (nel,) = hub.subscribe("nel", language="nl")
    assert asked(ann) is asked(bob)
    assert asked(nel) is not asked(bob)
    hub.newsletter.colour_sun = "#f58220"
    bob.newsletter = hub.newsletter
    assert "#f58220" in asked(bob).html
