"""What webhooks are told about readers: each entry of the consent ledger, new details, and that somebody is gone.

What is announced names a reader by their `public_id`, and holds neither address nor name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.text import slugify

from cms.webhooks.announce import Occasion, announce_about, forget_people
from newsletters.models.audience.subscriber import Subscriber, Subscription

CONFIRMED = "subscriber.confirmed"
CHANGED = "subscriber.changed"
LEFT = "subscriber.left"
BOUNCED = "subscriber.bounced"
ERASED = "subscriber.erased"

# By the kinds of consent events; a request that nobody has confirmed is not told.
EVENTS = {
    "confirmed": CONFIRMED,
    "returned": CONFIRMED,
    "imported": CONFIRMED,
    "changed": CHANGED,
    "paused": CHANGED,
    "continued": CHANGED,
    "renewed": CHANGED,
    "restored": CHANGED,
    "moved": CHANGED,
    "withdrawn": LEFT,
    "set_aside": BOUNCED,
}


class Entry(Protocol):
    """What is read of an entry of the consent ledger."""

    @property
    def subscription_id(self) -> int:
        """Whose subscription it is about."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def source(self) -> str:
        """Where it was done."""

    @property
    def at(self) -> datetime:
        """When."""


def announce_events(events: Collection[Entry]) -> None:
    """Announce these entries of the ledger, which were just made; three queries if a webhook listens, else none."""
    told = [event for event in events if event.kind in EVENTS]
    if told:
        announce_about(_occasions(told), now=max(event.at for event in told))


def _occasions(events: Collection[Entry]) -> Iterator[Occasion]:
    about = {event.subscription_id for event in events}
    facts = Subscription.objects.filter(pk__in=about).values_list(
        "pk", "subscriber__public_id", "newsletter__slug", "status"
    )
    known = {pk: (person, newsletter, status) for pk, person, newsletter, status in facts}
    for event in events:
        person, newsletter, status = known[event.subscription_id]
        name = EVENTS[event.kind]
        reasons = {LEFT: slugify(event.source), BOUNCED: status}
        yield _occasion(name, person, newsletter=newsletter, reason=reasons.get(name, event.kind))


def announce_details(subscriber: Subscriber, *, reason: str, now: datetime) -> None:
    """Announce that what somebody says of themselves was changed, of which the ledger has no entry."""
    announce_about([_occasion(CHANGED, subscriber.public_id, reason=reason)], now=now)


def announce_removed(subscriptions: Iterable[tuple[UUID, str]], *, now: datetime) -> None:
    """Announce that subscriptions are gone because their import was undone: by person and newsletter's slug."""
    reason = "import-undone"
    announce_about(
        (_occasion(LEFT, person, newsletter=newsletter, reason=reason) for person, newsletter in subscriptions), now=now
    )


def announce_erased(people: Collection[UUID], *, now: datetime) -> None:
    """Announce that these people are gone, and delete what was announced about them before, sent or not."""
    forget_people(people)
    announce_about([_occasion(ERASED, person) for person in people], now=now)


def _occasion(event: str, person: UUID, **data: str) -> Occasion:
    return Occasion(event=event, person=person, data={"subscriber": str(person), **data})
