"""On every transport, a mail's subject and names arrive as they were written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from newsletters.audience.actions.answer_sign_up import answer_sign_up
from newsletters.audience.actions.request_subscription import request_subscription
from newsletters.issues.actions.send_test import MARK, send_test
from newsletters.issues.edition_list import EditionChoice
from newsletters.models import ConsentSource, NewsletterText, Subscriber
from newsletters.testing import FakeTransport
from newsletters.values.subscriber_details import SubscriberDetails
from tests.cms.values.test_mail_headers import lines_of, read_mailboxes, read_words, require_lines, unfolded
from tests.newsletters.sending.fake_backend import FakeBackend
from tests.newsletters.sending.provider import ResendDouble

WORDS = [
    "Interview: Zoë en Daniëlle over ‘anders organiseren’, 14.00\u00a0uur",
    "=?utf-8?q?x=0D=0ABcc:_eve@evil.example?= is no header",
    "مرحبًا 👩‍🌾 re\u0301sume\u0301",
]


def written(data: bytes) -> tuple[str, str, str]:
    """Return subject, sender's name and the name for replies, as another program reads them."""
    head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
    lines = {name: lines_of(head, name) for name in ("Subject", "From", "Reply-To", "To")}
    for each in lines.values():
        require_lines(each)
    names = [read_mailboxes(unfolded(lines[name]))[0][0] for name in ("From", "Reply-To")]
    return read_words(unfolded(lines["Subject"])), names[0], names[1]


@pytest.fixture
def named(hub: Any, request: pytest.FixtureRequest) -> Any:
    """A hub whose issue and sender have the test's words as names."""
    words = request.getfixturevalue("words")
    hub.newsletter.sender_name = words
    hub.newsletter.save()
    hub.edit(words={"en": {"subject": words}})
    return hub


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("kind", [FakeTransport, FakeBackend])
def test_an_issue_over_smtp_and_through_a_django_backend(named: Any, work: Any, kind: Any, words: str) -> None:
    named.subscribe("ann")
    server = kind()
    work(named.send(), server)
    assert written(server.handovers[0].data) == (words, words, words)


@pytest.mark.parametrize("words", WORDS)
def test_an_issue_through_a_provider(named: Any, work: Any, words: str) -> None:
    named.subscribe("ann", "bob")
    double = ResendDouble()
    with double.listening() as transport:
        work(named.send(), transport)
    for mail in double.sent:
        assert mail["subject"] == words
        assert read_mailboxes(mail["from"])[0][0] == words or words in mail["from"]


@pytest.mark.parametrize("words", WORDS)
def test_a_test_mail(named: Any, transport: FakeTransport, words: str) -> None:
    send_test(
        named.draft(),
        edition=EditionChoice(locale=named.locales["en"], theme_set=None, themes="", people=0),
        reader=Subscriber(first_name="Ann"),
        recipients=["ann@example.org"],
        is_marked=True,
        transport=transport,
        user=named.users["editor"],
        now=named.now,
    )
    assert written(transport.handovers[0].data) == (MARK + words, words, words)


@pytest.mark.parametrize("words", WORDS)
def test_a_confirmation_mail(named: Any, transport: FakeTransport, settings: Any, words: str) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    NewsletterText.objects.filter(newsletter=named.newsletter).update(title=words)
    sign_up = request_subscription(
        newsletter=named.newsletter,
        details=SubscriberDetails(email="ann@example.org", first_name=words[:60]),
        locale=named.locales["en"],
        themes=[],
        source=ConsentSource.API,
        wording="",
        now=named.now,
    )
    assert answer_sign_up(sign_up, now=named.now)
    assert written(transport.handovers[0].data) == (f"Please confirm: {words}", words, words)


def test_a_sender_whose_domain_has_letters_of_its_own_is_written_in_ascii(
    hub: Any, transport: FakeTransport, work: Any
) -> None:
    hub.newsletter.sender_email, hub.newsletter.reply_to = "letter@bücher.example", "answers@faß.example"
    hub.newsletter.save()
    hub.subscribe("ann")
    work(hub.send(), transport)
    (one,) = transport.handovers
    head = one.data.partition(b"\r\n\r\n")[0].decode("ascii")
    assert "From: Innovation Hub <letter@xn--bcher-kva.example>" in head
    assert "Reply-To: Innovation Hub <answers@xn--fa-hia.example>" in head
    assert "<mailto:answers@xn--fa-hia.example?subject=unsubscribe>" in head
    assert "List-Id: <letter.xn--bcher-kva.example>" in head
    assert re.search(r"Message-ID: <[^>]+@xn--bcher-kva\.example>", head)
