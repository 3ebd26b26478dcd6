"""Mails that Django makes itself arrive with the words that they were given."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from cms.background.compat import mail_backend
from tests.cms.values.test_mail_headers import REAL, lines_of, read_mailboxes, read_words, unfolded


class Connection:
    """An SMTP connection that keeps what it gets."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendmail(self, sender: str, recipients: list[str], data: bytes) -> None:
        self.sent.append(data)


@pytest.fixture
def backend() -> Any:
    made: Any = mail_backend(backend="cms.network.mail_backend.SmtpBackend", options={"host": "mail.test"})
    made.connection = Connection()
    return made


@pytest.mark.parametrize("words", [one for one in REAL if one and "=?" not in one and len(one) < 300])
def test_the_subject_and_the_names_arrive_as_they_were_written(backend: Any, words: str) -> None:
    mail = EmailMultiAlternatives(
        subject=words,
        body="Hello",
        from_email='"Zoë, the hub" <hub@example.org>',
        to=["ann@example.org"],
        reply_to=["Zoë <zoe@example.org>"],
    )
    mail.attach_alternative("<p>Hello</p>", "text/html")
    assert backend.send_messages([mail]) == 1
    raw = re.sub(rb"(?<!\r)\n", b"\r\n", backend.connection.sent[0])
    assert b"?==?" not in raw
    assert read_words(unfolded(lines_of(raw, "Subject")).strip()) == words.strip()
    assert read_mailboxes(unfolded(lines_of(raw, "From"))) == [("Zoë, the hub", "hub@example.org")]
    assert read_mailboxes(unfolded(lines_of(raw, "Reply-To"))) == [("Zoë", "zoe@example.org")]


def test_the_projects_own_mails_go_that_way(settings: Any) -> None:
    from cms import settings as project

    names = vars(project)
    configured = names.get("EMAIL_BACKEND") or names["MAILERS"]["default"]["BACKEND"]
    assert configured == "cms.network.mail_backend.SmtpBackend" or "smtp" not in configured
