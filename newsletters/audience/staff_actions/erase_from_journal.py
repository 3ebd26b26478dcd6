"""Erase again, and mail no more, in a restored database, everybody whom the journal names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.erased_journal import Entry, Journal
from newsletters.models import ConsentSource, SignUp, Subscriber, Subscription, Suppression
from newsletters.models.audience.suppression import mailbox_digest

AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class Taken:
    """How many readers were erased, and how many are mailed no more."""

    erased: int
    suppressed: int


def erase_from_journal(journal: Journal, *, dry_run: bool, now: datetime) -> Taken:
    """Erase and suppress them; `dry_run` only counts.

    Whoever asked never to be mailed is not erased, and neither is whoever changed their address since the copy was
    made: their subscriptions end. Whoever subscribed again after the entry stays.
    """
    erased = _erased(journal)
    people: dict[bool, int] = {True: 0, False: 0}
    came_back = set()
    for subscriber in _all(Subscriber.objects.prefetch_related("subscriptions")):
        digest = mailbox_digest(subscriber.email)
        is_erased = digest in erased
        entry = erased.get(digest) or journal.suppressed.get(digest)
        if entry is None:
            continue
        if _came_back(subscriber, entry, is_erased=is_erased):
            came_back.add(digest)
            continue
        gets_mail = any(owned.status != Subscription.Status.ENDED for owned in subscriber.subscriptions.all())
        people[is_erased] += is_erased or gets_mail
        if not dry_run and is_erased:
            erase_subscriber(subscriber, user=None, reason=Suppression.Reason(entry.reason), now=now)
        elif not dry_run:
            _end_all(subscriber, now=now)
    if not dry_run:
        known = journal.suppressed | erased
        _forget_requests(known)
        _suppress({digest: entry for digest, entry in known.items() if digest not in came_back})
    return Taken(erased=people[True], suppressed=people[False])


def _erased(journal: Journal) -> dict[str, Entry]:
    """Return who was erased, also under the addresses that they had before."""
    erased = dict(journal.erased)
    for digest, entry in reversed(journal.suppressed.items()):  # the latest change of address first
        later = erased.get(entry.moved_to)
        if later and later.at >= entry.at:
            erased.setdefault(digest, later)
    return erased


def _came_back(subscriber: Subscriber, entry: Entry, *, is_erased: bool) -> bool:
    """Say whether they are a reader by what happened after the entry."""
    since = [subscriber.created_at, subscriber.address_changed_at]
    if not is_erased:
        since += [
            owned.status_changed_at
            for owned in subscriber.subscriptions.all()
            if owned.status != Subscription.Status.ENDED
        ]
    return any(at > entry.at for at in since if at)


@transaction.atomic
def _end_all(subscriber: Subscriber, *, now: datetime) -> None:
    SignUp.objects.lock(mailbox=subscriber.mailbox).close()
    for subscription in subscriber.subscriptions.order_by("pk"):
        unsubscribe(subscription, source=ConsentSource.ADMIN, now=now)


def _forget_requests(entries: Mapping[str, Entry]) -> None:
    for sign_up in SignUp.objects.iterator(AT_ONCE):
        entry = entries.get(mailbox_digest(sign_up.email))
        if entry and sign_up.requested_at < entry.at:
            sign_up.delete()


def _suppress(entries: Mapping[str, Entry]) -> None:
    Suppression.objects.bulk_create(
        (Suppression(digest=digest, reason=entry.reason, at=entry.at) for digest, entry in entries.items()),
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )


def _all(subscribers: QuerySet[Subscriber]) -> Iterator[Subscriber]:
    """Read all rows a few at a time; those that were read may be deleted meanwhile."""
    last = 0
    while rows := list(subscribers.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield from rows
        last = rows[-1].pk
