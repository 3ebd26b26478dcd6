"""Whatever staff write appears literally in the mail and breaks out of nothing."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import escape
from typing import Any

import pytest
from bs4 import BeautifulSoup

from newsletters.editions.compile_edition import compile_edition
from newsletters.editions.template_values import WORD_JOINER
from newsletters.values.personal_parts import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL
from tests.parts import body_part, element

HOSTILE = {
    "template braces": "{{ settings.SECRET_KEY }} {% load x %} {# gone #}",
    "end of a component": "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
    "script": "<script>alert(1)</script>",
    "double quotes": 'He said "onmouseover=alert(1) x="',
    "single quotes": "it's 'quoted' onerror='alert(1)'",
    "entities": "&lt;b&gt; &amp;amp; &#60;",
    "emoji": "🌞 sun 👩‍💻",
    "right to left": "مرحبا بالعالم \u202etxet",
    "comment": "<!-- [if mso]> --> <![endif]--> -->",
    "like a token": "%%unsubscribe%% %%token%% %s %(x)s 100%%",
    "percent encoding": "=3D=20 ?utf-8?q?x?= =?utf-8?q?x?=",
    "title end": "</title></head><body>x",
    "style end": "</style><img src=x onerror=alert(1)>",
    "entity bomb": "&a;&b; <!DOCTYPE x [<!ENTITY a 'b'>]>",
}


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: Any) -> None:
    """Switch the checks off: what they would refuse has to be harmless too."""
    monkeypatch.setattr("newsletters.issues.checking.run.issue_checks", tuple)


def fill_in(hub: Any, text: str) -> None:
    """Put the text into every field that staff fill in."""
    for name in ("sender_name", "postal_address", "registration_number"):
        setattr(hub.newsletter, name, text[:60])
    hub.newsletter.save()
    words = {"subject": text, "preheader": text, "title": text, "signed_by": text[:80], "signed_function": text}
    hub.edit(
        words={"en": words},
        stories=[
            hub.story("open-data", is_lead=True, title=text, teaser=text, link_text=text[:80]),
            hub.story("town-meeting", title=text, teaser=text, link_text=text[:80]),
            hub.story("open-day", title=text, teaser=text),
            ("quote", {"texts": in_english(quote=text, attribution=text[:160])}),
            ("button", {"page": None, "url": "https://example.org/", "texts": in_english(label=text[:80])}),
            ("text", {"texts": in_english(text=f"<p>{escape(text)}</p>")}),
        ],
    )


def in_english(**words: str) -> list[dict[str, str]]:
    return [{"language": "en", **words}]


def received(hub: Any, *, transport: Any, work: Any) -> Any:
    """Send the issue to one reader; return the mail as it was parsed."""
    hub.subscribe("ann", themes=["data", "power"])
    work(hub.send(), transport)
    return message_from_bytes(transport.handovers[0].data, policy=policy.default)


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the elements and the names of their attributes, without their words."""
    return [(tag.name, tuple(sorted(tag.attrs))) for tag in BeautifulSoup(html, "html.parser").find_all(True)]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_appear_literally(hub: Any, transport: Any, work: Any, text: str) -> None:
    fill_in(hub, text)
    message = received(hub, transport=transport, work=work)
    html, plain = body_part(message, "html"), body_part(message, "plain")
    soup = BeautifulSoup(html, "html.parser")
    assert on_one_line(element(soup, "title").get_text()) == text
    assert on_one_line(element(soup, "h1").get_text()) == text
    assert on_one_line(element(soup, "h2").get_text()) == text
    assert on_one_line(soup.get_text(" ")).count(text) >= 8
    assert on_one_line(plain).count(text) >= 6
    assert message["Subject"] == text
    assert message["From"].addresses[0].display_name == on_one_line(text[:60])
    assert [address.addr_spec for address in message["From"].addresses] == ["letter@hub.test"]


def test_hostile_words_add_no_element_and_no_attribute(hub: Any) -> None:
    def compiled(text: str) -> str:
        fill_in(hub, text)
        html: str = compile_edition(hub.compile().contents[hub.locales["en"]], followed=None).html
        return html

    harmless = shape(compiled("harmless words"))
    assert len(harmless) > 50
    for name, text in HOSTILE.items():
        assert shape(compiled(text)) == harmless, name


@pytest.mark.parametrize("token", [SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL])
def test_a_token_that_staff_write_is_read_as_it_is_and_becomes_nobodys_link(
    hub: Any, transport: Any, work: Any, token: str
) -> None:
    text = f"50%{token}% or 100%%{token}"
    fill_in(hub, text)
    intro = f'<p>See {token} and <a href="https://hub.test/{token}">{token}</a></p>'
    issue = hub.edit(words={"en": {"intro": intro, "signed_by": token}})
    assert token in issue.texts.get(locale=hub.locales["en"]).intro
    message = received(hub, transport=transport, work=work)
    html, plain = body_part(message, "html"), body_part(message, "plain")
    assert (html.count("/n/u/"), html.count("/n/p/"), html.count("Dear Ann,")) == (1, 2, 1)
    assert (plain.count("/n/u/"), plain.count("/n/p/"), plain.count("Dear Ann,")) == (1, 1, 1)
    assert message["Subject"] == text
    seen = on_one_line(BeautifulSoup(html, "html.parser").get_text(" ")).replace(WORD_JOINER, "")
    assert seen.count(text) >= 6
    assert seen.count(f"See {token} and {token}") == 1
    assert on_one_line(plain).replace(WORD_JOINER, "").count(text) >= 4


def test_an_edition_without_such_words_has_nothing_unseen_in_it(hub: Any) -> None:
    edition = hub.compile().editions[hub.locales["en"]]
    assert WORD_JOINER not in edition.html + edition.text
    assert set(re.findall(r"%%\w+%%", edition.html)) == {SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL}
    assert not re.search(r"[0-9a-f]{64}", edition.html + edition.text)


def test_a_token_that_staff_write_becomes_nobodys_link_in_public(hub: Any, client: Any) -> None:
    fill_in(hub, "See %%unsubscribe_url%% %%preferences_url%% %%salutation%%")
    hub.subscribe("ann")
    hub.send()
    public = client.get(f"/api/v1/newsletters/letter/issues/{hub.issue.slug}").content.decode()
    assert "/n/u/" not in public
    assert "/n/p/" not in public


NAMES = {
    "tokens and markup": "%%unsubscribe_url%% <b>Ann</b> {{ x }}",
    "encoded line breaks": "=?utf-8?q?x=0D=0ABcc:_eve@example.org?=",
    "encoded end of the head": "=?utf-8?b?eAoKaGVsbG8=?=",
    "line breaks": "Ann\r\nBcc: eve@example.org\r\n\r\nhello",
    "odd line breaks": "Ann\x0bBcc: eve\x85Bcc: eve\u2028Bcc: eve",
    "control characters": "Ann\x1b[31m\x7f",
    "another address": 'Ann" <eve@example.org>, "Bob',
    "a group": "friends: eve@example.org;",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_readers_name_adds_no_header_no_recipient_no_markup(hub: Any, transport: Any, work: Any, name: str) -> None:
    (ann,) = hub.subscribe("ann")
    ann.subscriber.first_name = name
    ann.subscriber.save()
    work(hub.send(), transport)
    message = message_from_bytes(transport.handovers[0].data, policy=policy.default)
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.org"]
    assert message["Bcc"] is None
    assert message["List-Unsubscribe"]
    assert message.get_content_type() == "multipart/alternative"
    hello = on_one_line(f"Dear {name},")
    assert hello in on_one_line(body_part(message, "plain"))
    soup = BeautifulSoup(body_part(message, "html"), "html.parser")
    assert hello in on_one_line(soup.get_text(" "))
    assert not soup.find_all("b")
