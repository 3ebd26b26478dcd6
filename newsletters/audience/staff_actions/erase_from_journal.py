"""Erase again, in a restored database, everybody whom the journal names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db.models import QuerySet

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.erased_journal import Erased
from newsletters.models import SignUp, Subscriber, Suppression
from newsletters.models.audience.suppression import mailbox_digest

AT_ONCE = 2000


def erase_from_journal(erased: Mapping[str, Erased], *, dry_run: bool, now: datetime) -> int:
    """Erase and suppress all of them; return how many readers there were. `dry_run` only counts.

    Whoever subscribed again after they were erased stays: they are a reader who is younger than the entry.
    """
    came_back, people = set(), 0
    for subscriber in _all(Subscriber.objects.all()):
        digest = mailbox_digest(subscriber.email)
        entry = erased.get(digest)
        if entry is None:
            continue
        if max(subscriber.created_at, subscriber.address_changed_at or subscriber.created_at) > entry.at:
            came_back.add(digest)
            continue
        people += 1
        if not dry_run:
            erase_subscriber(subscriber, user=None, reason=Suppression.Reason(entry.reason), now=now)
    if not dry_run:
        _forget_requests(erased)
        Suppression.objects.bulk_create(
            (
                Suppression(digest=digest, reason=entry.reason, at=entry.at)
                for digest, entry in erased.items()
                if digest not in came_back
            ),
            batch_size=AT_ONCE,
            ignore_conflicts=True,
        )
    return people


def _forget_requests(erased: Mapping[str, Erased]) -> None:
    for sign_up in SignUp.objects.iterator(AT_ONCE):
        entry = erased.get(mailbox_digest(sign_up.email))
        if entry and sign_up.requested_at < entry.at:
            sign_up.delete()


def _all(subscribers: QuerySet[Subscriber]) -> Iterator[Subscriber]:
    """Read all rows a few at a time; those that were read may be deleted meanwhile."""
    last = 0
    while rows := list(subscribers.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield from rows
        last = rows[-1].pk
