"""Fakes for tests of the newsletter and of plugins: a mail server that answers as told, and a clock that stands still.

transport = FakeTransport(replies={"sam@example.org": [DEFERRED, ACCEPTED]})
clock = FixedClock(datetime(2026, 11, 25, tzinfo=UTC))
send_batch(dispatch, transport=transport, worker="w1", clock=clock)
assert transport.accepted_by("sam@example.org") == 0
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from newsletters.sending.transport.seam import (
    Connection,
    HeldBack,
    OutgoingMail,
    ReadyMail,
    Reply,
    TakeOff,
    TransportDown,
    at_once,
)

Outcome = Reply | Exception

ACCEPTED = Reply(code=250, text="2.0.0 taken")
REFUSED = Reply(code=550, text="5.1.1 there is no such user")
DEFERRED = Reply(code=450, text="4.2.0 come back later")
OUR_FAULT = Reply(code=550, text="5.7.1 refused by policy")


@dataclass(frozen=True, kw_only=True)
class Handover:
    """One message as it came to the fake server, and what the server did with it."""

    recipient: str
    sender: str
    data: bytes
    outcome: Outcome


@dataclass(kw_only=True)
class FakeTransport:
    """A mail server that takes everything but what it is told otherwise.

    `replies` holds for each address what happens at the first try, the second and so on; the last holds from then
    on. A reply is returned, an exception of whatever kind raised. With `down_after` the server goes away after so
    many messages, and cannot be connected to either. `on_send` is called with each message before it is answered.
    """

    most: int = 1  # mails in one request
    replies: Mapping[str, Sequence[Outcome]] = field(default_factory=dict)
    down_after: int | None = None
    down: TransportDown = field(default_factory=lambda: TransportDown("connection refused"))
    on_send: Callable[[EmailMessage], None] = lambda message: None
    handovers: list[Handover] = field(default_factory=list)
    connections: int = 0

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Connect to this fake, unless it is down."""
        self._refuse_if_down()
        self.connections += 1
        yield self

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Record the message and do what the script says."""
        mail = ReadyMail(message=message, sender=sender, recipient=recipient)
        return self.hand_over(mail, take_off=at_once)

    def hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None = None, take_off: TakeOff) -> Reply:
        """Record the mail and do what the script says."""
        self._refuse_if_down()
        data = mail.wire.replace(b"\n..", b"\n.")
        if not take_off():
            raise HeldBack
        self.on_send(message_from_bytes(data, _class=EmailMessage, policy=SMTP))
        outcome = self._next_outcome(mail.recipient)
        self.handovers.append(Handover(recipient=mail.recipient, sender=mail.sender, data=data, outcome=outcome))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _next_outcome(self, recipient: str) -> Outcome:
        script = self.replies.get(recipient) or [ACCEPTED]
        return script[min(len(self.tries_of(recipient)), len(script) - 1)]

    def tries_of(self, recipient: str) -> list[Handover]:
        """Return all messages that came for this address, taken or not."""
        return [one for one in self.handovers if one.recipient == recipient]

    def accepted_by(self, recipient: str) -> int:
        """Return how many messages for this address were taken, and said to be."""
        return sum(1 for one in self.tries_of(recipient) if isinstance(one.outcome, Reply) and one.outcome.code == 250)

    @property
    def recipients(self) -> list[str]:
        """The addresses whose messages were taken, in order."""
        return [one.recipient for one in self.handovers if one.outcome == ACCEPTED]

    def as_setting(self) -> dict[str, Any]:
        """Return the setting `TRANSPORT` that leads to this very object."""
        return {"BACKEND": "newsletters.testing.the_same", "OPTIONS": {"transport": self}}

    def _refuse_if_down(self) -> None:
        if self.down_after is not None and len(self.handovers) >= self.down_after:
            raise self.down


def the_same(*, transport: FakeTransport) -> FakeTransport:
    """Return the transport that was given; see `FakeTransport.as_setting`."""
    return transport


@dataclass(kw_only=True)
class FixedClock:
    """A clock that stands at `at` until it is moved; call it for the time."""

    at: datetime

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def forward(self, **time: float) -> datetime:
        """Move on by this time (as of `timedelta`: seconds=, hours= …) and return the new one."""
        self.at += timedelta(**time)
        return self.at
