"""The fake mail server behind a Django email backend, so that the tests of `FakeTransport` can use backends, too."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend

from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.seam import Connection, Reply, ReplyLost, TransportDown
from newsletters.testing import FakeTransport, Handover


@dataclass(kw_only=True)
class FakeBackend(FakeTransport):
    """A Django email backend that follows the script of a `FakeTransport`, and raises what Django's own raises."""

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Connect Django to this fake."""
        self._refuse_if_down()
        self.connections += 1
        path = "tests.newsletters.sending.fake_backend.EmailBackend"
        with BackendTransport(backend=path, options={"server": self}).connect() as connection:
            yield connection

    def take(self, message: Any) -> None:
        """Take one message, or raise what Django's SMTP backend raises."""
        recipient = parseaddr(message.to[0])[1]
        if self.down_after is not None and len(self.handovers) >= self.down_after:
            raise smtplib.SMTPSenderRefused(451, b"going down", message.from_email)
        self.on_send(message.message())
        outcome, data = self._next_outcome(recipient), message.message().as_bytes()
        self.handovers.append(Handover(recipient=recipient, sender=message.from_email, data=data, outcome=outcome))
        match outcome:
            case ReplyLost():
                raise smtplib.SMTPServerDisconnected(str(outcome))
            case TransportDown():
                code = 550 if outcome.is_our_fault else 451
                raise smtplib.SMTPSenderRefused(code, str(outcome).encode(), message.from_email)
            case Reply() if outcome.code >= 400:
                raise smtplib.SMTPRecipientsRefused({recipient: (outcome.code, outcome.text.encode())})
            case Reply():
                return
        raise ValueError(str(outcome))


class EmailBackend(BaseEmailBackend):
    """The backend that leads to the fake `server`."""

    def __init__(self, *, server: FakeBackend, **options: Any) -> None:
        super().__init__(**options)
        self.server = server

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        """Hand the messages to the fake."""
        for message in email_messages:
            self.server.take(message)
        return len(email_messages)
