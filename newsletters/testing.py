"""Fakes for tests of the newsletter and of plugins: a mail server that answers as told, and a clock that stands still.

transport = FakeTransport(replies={"sam@example.org": [DEFERRED, ACCEPTED]})
clock = FixedClock(datetime(2026, 11, 25, tzinfo=UTC))
send_batch(dispatch, transport=transport, worker="w1", clock=clock)
assert transport.accepted_by("sam@example.org") == 0
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from itertools import product
from typing import Any

from django.utils import translation
from wagtail.models import Locale

from cms.models import HubPage
from cms.plugins import IssueBlockKind, LeftOut, Plugin
from cms.testing import example_page, example_value, without_faults
from newsletters.editions.cards import render_card, render_own
from newsletters.editions.loaded_pages import LoadedPages
from newsletters.editions.mjml import find_unknown, to_html
from newsletters.editions.schemes import in_scheme
from newsletters.editions.stories import story_of
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
from newsletters.values.look import Look, Picture

Outcome = Reply | Exception
EXAMPLE_PICTURE = Picture(url="https://hub.test/media/example.jpg", width=640, height=480, alt="A map on a wall")

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
    on_send: Callable[[EmailMessage], object] = lambda message: None
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


def check_mail_parts(plugin: Plugin, *, examples: Mapping[str, HubPage] | None = None) -> None:
    """Assert that what an installed plugin brings for mails can stand in one; needs a database with a Wagtail site.

    Each story card is rendered from left to right and from right to left, in one column and in two, with a picture
    and without, with link words of its page and without; each kind of block in both directions, from plain values.
    All of it is compiled, light and dark, holds nothing that a mail may not, and is quick.
    """
    types = {page_type.type: page_type for page_type in plugin.pages}
    for card in plugin.story_cards:
        page = (examples or {}).get(card.type) or example_page(types[card.type])
        for language, columns, has_picture, words in product(("en", "ar"), (1, 2), (True, False), ("Read it", "")):
            loaded = _example_loaded(language, columns=columns)
            with translation.override(language), without_faults():
                picture = EXAMPLE_PICTURE if has_picture else None
                named = {"title": page.title, "link_text": words}
                pictures = {"picture": picture, "thumbnail": picture}
                story = story_of(page, words=named, teaser="Who decides?", loaded=loaded, pictures=pictures)
                rendered = render_card(story, loaded=loaded)
            _check_mjml(rendered.mjml)
            if rendered.column:
                _check_mjml(f"<mj-section>{rendered.column}</mj-section>")
    for kind in plugin.issue_blocks:
        for language in ("en", "ar"):
            _check_issue_block(kind, _example_loaded(language, columns=1))


def _check_issue_block(kind: IssueBlockKind, loaded: LoadedPages) -> None:
    form = kind.form()
    form.set_name(kind.name)
    value = example_value(form)
    for row in (value or {}).get("texts", ()):
        row["language"] = loaded.locale.language_code
    with translation.override(loaded.locale.language_code), without_faults():
        try:
            told = kind.tell(value, loaded)
        except LeftOut:
            return  # it shows a page or a picture, of which there is none here
        json.dumps(dict(told.kept))
        if kind.mjml:
            mjml, _text = render_own(kind, told.kept if told.shown is None else told.shown, loaded=loaded)
            _check_mjml(mjml)


def _check_mjml(mjml: str) -> None:
    document = f"<mjml><mj-body>{mjml}</mj-body></mjml>"
    unknown = find_unknown(document)
    assert not unknown, f"MJML has no {', '.join(unknown)}"  # noqa: S101
    assert in_scheme(to_html(document), dark=True)  # noqa: S101


def _example_loaded(language: str, *, columns: int) -> LoadedPages:
    return LoadedPages(
        locale=Locale(language_code=language),
        pages={},
        images={},
        private=frozenset(),
        sources={},
        look=Look(columns=columns),
        hosts=frozenset({"hub.test"}),
    )
