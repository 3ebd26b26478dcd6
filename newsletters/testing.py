"""Fakes for tests of the newsletter and of plugins: a mail server with scripted replies, and a clock that stands still.

transport = FakeTransport(replies={"sam@example.org": [DEFERRED, ACCEPTED]})
clock = FixedClock(datetime(2026, 11, 25, tzinfo=UTC))
send_batch(dispatch, transport=transport, worker="w1", clock=clock)
assert transport.accepted_by("sam@example.org") == 0
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from itertools import product
from pathlib import Path

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
    """One message that the fake server received, and what it did with it."""

    recipient: str
    sender: str
    data: bytes
    outcome: Outcome


@dataclass(kw_only=True)
class FakeTransport:
    """A mail server that accepts every message, unless `replies` say otherwise.

    `replies` has for each address what happens at the first attempt, the second and so on; the last is repeated. A
    reply is returned, an exception of any kind is raised. With `down_after` the server is down after that many
    messages, and refuses connections too. `on_send` is called with each message before it is answered.
    """

    most: int = 1  # mails in one request
    replies: Mapping[str, Sequence[Outcome]] = field(default_factory=dict)
    down_after: int | None = None
    down: TransportDown = field(default_factory=lambda: TransportDown("connection refused"))
    on_send: Callable[[EmailMessage], object] = lambda _message: None
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

    def hand_over(
        self,
        mail: OutgoingMail,
        *,
        following: OutgoingMail | None = None,  # noqa: ARG002 - the engine passes it by this name
        take_off: TakeOff,
    ) -> Reply:
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
        return script[min(len(self.attempts_for(recipient)), len(script) - 1)]

    def attempts_for(self, recipient: str) -> list[Handover]:
        """Return all messages for this address, accepted or not."""
        return [handover for handover in self.handovers if handover.recipient == recipient]

    def accepted_by(self, recipient: str) -> int:
        """Return how many messages for this address were accepted with a reply that says so."""
        outcomes = [handover.outcome for handover in self.attempts_for(recipient)]
        return sum(isinstance(outcome, Reply) and outcome.code == 250 for outcome in outcomes)

    @property
    def recipients(self) -> list[str]:
        """The addresses whose messages were accepted, in order."""
        return [handover.recipient for handover in self.handovers if handover.outcome == ACCEPTED]

    def as_setting(self) -> dict[str, object]:
        """Return a `TRANSPORT` setting that uses this object."""
        return {"BACKEND": "newsletters.testing.the_same", "OPTIONS": {"transport": self}}

    def _refuse_if_down(self) -> None:
        if self.down_after is not None and len(self.handovers) >= self.down_after:
            raise self.down


def the_same(*, transport: FakeTransport) -> FakeTransport:
    """Return the given transport; see `FakeTransport.as_setting`."""
    return transport


@dataclass(kw_only=True)
class FixedClock:
    """A clock that shows `at` until it is moved; call it to get the time."""

    at: datetime

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def forward(self, **time: float) -> datetime:
        """Move the clock forward (arguments as for `timedelta`) and return the new time."""
        self.at += timedelta(**time)
        return self.at


def check_mail_parts(plugin: Plugin, *, examples: Mapping[str, HubPage] | None = None) -> None:
    """Assert that an installed plugin's parts work in a mail; needs a database with a Wagtail site.

    Each story card is rendered from left to right and from right to left, in one column and in two, with and without
    a picture, and with and without a link text of its page; each block kind is rendered in both directions, from plain
    values. All of it has to compile, light and dark, contain nothing that a mail may not contain, and be quick. The
    official MJML compiler checks it too, if npm's package `mjml` is installed in this folder or on the path.
    """
    rendered = [*_example_cards(plugin, examples=examples or {}), *_example_issue_blocks(plugin)]
    for mjml in rendered:
        _check_mjml(mjml)
    _check_officially("".join(rendered))


def _example_cards(plugin: Plugin, *, examples: Mapping[str, HubPage]) -> Iterator[str]:
    types = {page_type.type: page_type for page_type in plugin.pages}
    for card in plugin.story_cards:
        page = examples.get(card.type) or example_page(types[card.type])
        for language, columns, has_picture, words in product(("en", "ar"), (1, 2), (True, False), ("Read it", "")):
            loaded = example_loaded(language, columns=columns)
            with translation.override(language), without_faults():
                picture = EXAMPLE_PICTURE if has_picture else None
                named = {"title": page.title, "link_text": words}
                pictures = {"picture": picture, "thumbnail": picture}
                story = story_of(page, words=named, teaser="Who decides?", loaded=loaded, pictures=pictures)
                rendered = render_card(story, loaded=loaded)
            yield rendered.mjml
            if rendered.column:
                yield f"<mj-section>{rendered.column}</mj-section>"


def _example_issue_blocks(plugin: Plugin) -> Iterator[str]:
    for kind, language in product(plugin.issue_blocks, ("en", "ar")):
        mjml = _example_issue_block(kind, example_loaded(language, columns=1))
        if mjml:
            yield mjml


def _example_issue_block(kind: IssueBlockKind, loaded: LoadedPages) -> str:
    """Return an example of the block as MJML; nothing if it shows a page or a picture, of which there is none."""
    form = kind.form()
    form.set_name(kind.name)
    value = example_value(form)
    for row in (value or {}).get("texts", ()):
        row["language"] = loaded.locale.language_code
    with translation.override(loaded.locale.language_code), without_faults():
        try:
            words = kind.tell(value, loaded)
        except LeftOut:
            return ""
        json.dumps(dict(words.kept))
        if not (kind.mjml or kind.template):
            return ""
        mjml, text = render_own(kind, words.kept if words.shown is None else words.shown, loaded=loaded)
    assert text or kind.is_rule, f"{kind.name} says nothing in plain text"  # noqa: S101
    return mjml


def _check_mjml(mjml: str) -> None:
    document = _document(mjml)
    unknown = find_unknown(document)
    assert not unknown, f"MJML has no {', '.join(unknown)}"  # noqa: S101
    assert in_scheme(to_html(document), dark=True)  # noqa: S101


def _check_officially(mjml: str) -> None:
    here = Path("node_modules/.bin/mjml")
    command = here.resolve() if here.exists() else shutil.which("mjml")
    if command and mjml:
        options = ["--stdin", "--stdout", "--config.validationLevel=strict"]
        done = subprocess.run(  # noqa: S603 - the developer's own compiler
            [command, *options], input=_document(mjml), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"The official compiler: {done.stderr or done.stdout}"  # noqa: S101


def _document(mjml: str) -> str:
    return f"<mjml><mj-body>{mjml}</mj-body></mjml>"


def example_loaded(language: str, *, columns: int = 1) -> LoadedPages:
    """Return what `tell` is given for an issue in this language in which no page and no picture is chosen."""
    return LoadedPages(
        locale=Locale(language_code=language),
        pages={},
        images={},
        private=frozenset(),
        sources={},
        look=Look(columns=columns),
        hosts=frozenset({"hub.test"}),
    )
