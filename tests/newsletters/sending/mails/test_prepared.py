"""The fast code makes the same mails as the email package, whatever the names of people and the editions' words."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletters.sending.mails.message import message_of
from newsletters.sending.mails.prepared import PreparedEdition, PreparedEditions
from newsletters.sending.mails.recipient import recipient_of
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.patience import Patience
from newsletters.sending.transport.quoted_printable import encode_value
from newsletters.sending.transport.seam import MessageUnsendable, ReadyMail
from newsletters.values.greeting import Greeting
from newsletters.values.personal_parts import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
NEWSLETTER: Any = SimpleNamespace(
    sender_email="letter@hub.test",
    sender_name="Zoë’s Hub, “the” one",
    reply_to="answers@hub.test",
    slug="letter",
    domain="hub.test",
    list_id="letter.hub.test",
)
TOKENS = [SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL]

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
hostile = st.sampled_from(
    [".", "..", "\n.", "\r", "\r\n", "=", "=\n", " \n", "\t\n", "--=_1--\n", "x" * 200, "€", "%%"]
)
bodies = st.lists(hostile | words | st.sampled_from(TOKENS), max_size=12).map("".join)
names = words | st.sampled_from(
    ["", "Ann", "Dr. Ann", 'a "b" \\', "Zoë " * 20, "=?utf-8?q?x=0ABcc:y?=", ".", "\u202eanna", "a\r\nBcc: b"]
)
addresses = st.sampled_from(
    [
        "ann@example.org",
        '"a b"@example.org',
        "o'neil+x@example.org",
        "a" * 60 + "@example.org",
        "ann@" + "long-name." * 12 + "example",
        "jörg@bücher.example",
        "a.@example.org",
        "@example.org",
        "ann@example.org\u200b",
        "a\nb@example.org",
    ]
)


def edition_with(*, text: str, html: str = "<p>x</p>", subject: str = "The Letter") -> Any:
    locale = SimpleNamespace(language_code="en")
    return SimpleNamespace(
        pk=1, dispatch_id=7, subject=subject, html=html, text=text, locale=locale, salutation=Greeting()
    )


def copy_for(*, name: str = "Ann", email: str = "ann@example.org") -> Copy:
    return Copy(
        key=5, edition_pk=1, subscription_pk=9, email=email, first_name=name, message_id="<5.k@hub.test>", is_new=True
    )


def fast(copy: Copy, edition: Any) -> bytes:
    to = recipient_of(email=copy.email, name=copy.first_name)
    return PreparedEdition(edition, newsletter=NEWSLETTER).fill(copy, to=to, now=NOW)


def slow(copy: Copy, edition: Any) -> bytes:
    message = message_of(copy, edition=edition, newsletter=NEWSLETTER, now=NOW)
    (to,) = message["To"].addresses
    return ReadyMail(message=message, sender=NEWSLETTER.sender_email, recipient=to.addr_spec).wire


def read(wire: bytes) -> EmailMessage:
    """Return what arrives: the server removes the doubled dots."""
    return message_from_bytes(wire.replace(b"\n..", b"\n."), _class=EmailMessage, policy=policy.default)


def decoded(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def contents(message: EmailMessage) -> dict[str, Any]:
    """Return all that a mail client sees of it."""
    headers = {name.lower(): str(value) for name, value in message.items() if name.lower() != "content-type"}
    mailboxes = [(one.display_name, one.addr_spec) for one in message["To"].addresses]
    parts = [(part.get_content_type(), decoded(part).rstrip(b"\r\n")) for part in message.iter_parts()]
    return {"headers": headers, "to": mailboxes, "parts": parts, "type": message.get_content_type()}


@settings(deadline=None, max_examples=60)
@given(text=bodies, html=bodies, subject=words, name=names, email=addresses)
def test_both_ways_make_the_same_mail(text: str, html: str, subject: str, name: str, email: str) -> None:
    copy, edition = copy_for(name=name, email=email), edition_with(text=text, html=html, subject=subject)
    try:
        expected = contents(read(slow(copy, edition)))
    except MessageUnsendable:
        with pytest.raises(MessageUnsendable):
            fast(copy, edition)
        return
    wire = fast(copy, edition)
    assert contents(read(wire)) == expected
    lines = wire.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    body = wire.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 77  # 76, and a doubled dot
    assert max(map(len, lines)) <= 998
    assert b"." not in lines  # nothing ends the mail before its time


@settings(deadline=None, max_examples=60)
@given(before=words, value=words, after=words)
def test_a_slot_changes_nothing_around_it(before: str, value: str, after: str) -> None:
    text = f"{before}{UNSUBSCRIBE_URL}{after}"
    found = contents(read(fast(copy_for(), edition_with(text=text))))["parts"][0][1].decode()
    assert found == contents(read(slow(copy_for(), edition_with(text=text))))["parts"][0][1].decode()
    assert encode_value(value).endswith(b"=\r\n")


def test_a_plain_recipient_is_written_without_the_email_package(monkeypatch: Any) -> None:
    import newsletters.sending.mails.recipient as module

    monkeypatch.setattr(module, "_unusual", None)
    assert recipient_of(email="ann@example.org", name="Ann").header == b"To: Ann <ann@example.org>\r\n"
    assert recipient_of(email="ann@example.org", name="").header == b"To: ann@example.org\r\n"
    assert recipient_of(email="ann@example.org", name="Zoë").header == b"To: =?utf-8?b?Wm/Dqw==?= <ann@example.org>\r\n"


def test_an_edition_is_read_once_and_few_are_kept(
    dispatch: Any, django_assert_num_queries: Any, monkeypatch: Any
) -> None:
    import newsletters.sending.mails.prepared as module
    from newsletters.sending.mails.recipient_rows import load_copies

    keys = list(dispatch.deliveries.values_list("pk", flat=True))
    editions = PreparedEditions(
        newsletter=dispatch.newsletter, clock=lambda: NOW, patience=Patience(seconds=0, sleep=time.sleep)
    )
    with django_assert_num_queries(2):
        copies = load_copies(keys, dispatch=dispatch)
        wires = [editions.prepare(copy).wire for copy in copies]
    assert len(set(wires)) == len(keys) == 3
    monkeypatch.setattr(module, "MOST_EDITIONS", 1)
    first, second = (copies[0]._replace(edition_pk=edition.pk) for edition in dispatch.editions.order_by("pk")[:2])
    editions.prepare(first)
    for copy, queries in ((first, 0), (second, 1), (first, 1), (second, 1), (second, 0)):
        with django_assert_num_queries(queries):
            assert editions.prepare(copy).wire
