"""What became of the deliveries that a worker sent, and of those that came back later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from newsletters.conf import conf
from newsletters.models import Delivery, Newsletter
from newsletters.sending.ledger.bounce_classes import bounce_class_of
from newsletters.sending.ledger.dispatches import end_if_cancelled, hold
from newsletters.sending.ledger.rate_limits import give_back
from newsletters.sending.transport.seam import Reply

Status = Delivery.Status
Jitter = Callable[[], float]  # returns a number from 0 up to 1, such as random.random


def accept(key: int, *, worker: str, reply: Reply, now: datetime) -> None:
    """Record that the server accepted it."""
    _settle(key, worker=worker, status=Status.ACCEPTED, reply=reply, now=now)


def reject(key: int, *, worker: str, reply: Reply, now: datetime) -> None:
    """Record that the server refused it for good."""
    _settle(key, worker=worker, status=Status.REJECTED, reply=reply, now=now)


def defer(key: int, *, worker: str, reply: Reply, now: datetime, jitter: Jitter, may_give_up: bool = True) -> None:
    """Record that the server asked to try later; after too long that counts as final (RFC 5321, 4.5.4.1)."""
    changes = _deferred_or_rejected(key, now=now, jitter=jitter, may_give_up=may_give_up)
    changes |= {"reply": words(reply), "bounce_class": bounce_class_of(reply)}
    _leave_flight(key, worker=worker, now=now, **changes, **one_more_attempt(now))


def set_aside(key: int, *, worker: str, why: str, now: datetime, jitter: Jitter) -> None:
    """The server hung up on it: send the others first. It may not be to blame, so no attempt is counted."""
    due_at = now + _wait(attempts=0, jitter=jitter)
    _leave_flight(key, worker=worker, now=now, status=Status.DEFERRED, reply=why[:500], due_at=due_at)


def hold_back(key: int, *, worker: str, why: str, now: datetime, jitter: Jitter) -> None:
    """Defer a claimed delivery that was not begun, for the sake of others: no attempt counts, and no mail was sent."""
    held = Delivery.objects.filter(pk=key, worker=worker, status=Status.CLAIMED)
    due_at = now + _wait(attempts=0, jitter=jitter)
    with transaction.atomic():
        if held.update(status=Status.DEFERRED, reply=why[:500], due_at=due_at, worker="", leased_until=None):
            give_back(Newsletter.objects.get(dispatches__deliveries=key), count=1, now=now)


def blame(key: int, *, why: str, now: datetime, jitter: Jitter) -> None:
    """Count an attempt for a delivery that was set aside: the server hung up on it and on no other."""
    changes = _deferred_or_rejected(key, now=now, jitter=jitter, may_give_up=True)
    Delivery.objects.filter(pk=key, status=Status.DEFERRED).update(reply=why[:500], **changes, **one_more_attempt(now))


def mark_uncertain(key: int, *, worker: str, why: str, now: datetime) -> None:
    """Record that the answer was lost; a person decides."""
    changes = {"status": Status.UNCERTAIN, "reply": why[:500], "worker_seen_at": None}
    _leave_flight(key, worker=worker, now=now, **changes, **one_more_attempt(now))


def exclude_unsendable(key: int, *, worker: str, why: str, now: datetime) -> None:
    """Exclude a delivery to whose address no transport can send; the others continue."""
    reason = Delivery.Reason.UNSENDABLE
    _leave_flight(key, worker=worker, now=now, status=Status.EXCLUDED, reason=reason, reply=why[:500], settled_at=now)


def bounce(key: int, *, why: str, bounce_class: str = "", now: datetime) -> bool:
    """Record that the mail came back after the server accepted it, or may have; False if its state rules that out."""
    sent = Delivery.objects.filter(pk=key, status__in=[Status.ACCEPTED, Status.UNCERTAIN])
    return _come_back(sent, status=Status.BOUNCED, now=now, reply=why[:500], bounce_class=bounce_class)


def complain(key: int, *, now: datetime) -> bool:
    """Record that the reader called the mail spam, so it did arrive; False if its state rules that out."""
    arrived = Delivery.objects.filter(pk=key, status__in=[Status.ACCEPTED, Status.UNCERTAIN, Status.BOUNCED])
    return _come_back(arrived, status=Status.COMPLAINED, now=now)


def _come_back(deliveries: QuerySet[Delivery], *, status: Delivery.Status, now: datetime, **changes: str) -> bool:
    """Change the status; `settled_at` stays the time at which the server accepted the mail, if that is known."""
    settled_at = Coalesce("settled_at", Value(now))
    return bool(deliveries.update(status=status, came_back_at=now, settled_at=settled_at, worker="", **changes))


def _settle(key: int, *, worker: str, status: Delivery.Status, reply: Reply, now: datetime) -> None:
    changes = {"status": status, "reply": words(reply), "bounce_class": bounce_class_of(reply), "settled_at": now}
    _leave_flight(key, worker=worker, now=now, **changes, **one_more_attempt(now))


def _leave_flight(key: int, *, worker: str, now: datetime, **changes: object) -> None:
    """Record the answer to a delivery that this worker has in flight.

    If the worker slept until its lease ended, the row is uncertain by now, and this is the missing answer. It is
    dropped if a person has decided since, or if it defers a delivery of a dispatch that has ended.
    """
    delivery = Delivery.objects.filter(pk=key, worker=worker)
    changes |= {"leased_until": None, "worker": ""}
    if delivery.filter(status=Status.IN_FLIGHT).update(**changes):
        if changes["status"] == Status.DEFERRED:
            end_if_cancelled(Delivery.objects.filter(pk=key), now=now)
        return
    late = delivery.filter(status=Status.UNCERTAIN)
    changes = {name: value for name, value in changes.items() if name not in {"attempts", "first_tried_at"}}
    with transaction.atomic():
        if changes["status"] == Status.DEFERRED:
            dispatch = hold(late)
            if dispatch is None or not dispatch.is_open:
                return
        late.update(**changes)  # the attempt was counted when it became uncertain


def _deferred_or_rejected(key: int, *, now: datetime, jitter: Jitter, may_give_up: bool) -> dict[str, object]:
    first, attempts = Delivery.objects.values_list("first_tried_at", "attempts").get(pk=key)
    if may_give_up and now - (first or now) >= timedelta(seconds=conf.RETRY_FOR_SECONDS):
        return {"status": Status.REJECTED, "settled_at": now}
    return {"status": Status.DEFERRED, "due_at": now + _wait(attempts=attempts, jitter=jitter)}


def _wait(*, attempts: int, jitter: Jitter) -> timedelta:
    """Return the wait after so many earlier attempts: doubled each time, plus up to a quarter at random.

    Without the randomness, all deliveries that were deferred together would come back together.
    """
    seconds = min(conf.RETRY_FIRST_SECONDS * 2 ** min(attempts, 30), conf.RETRY_MOST_SECONDS)
    return timedelta(seconds=seconds * (1 + jitter() / 4))


def one_more_attempt(now: datetime) -> dict[str, Combinable]:
    """Return the changes that count an attempt, for a delivery that was offered to the server."""
    return {"attempts": F("attempts") + 1, "first_tried_at": Coalesce("first_tried_at", Value(now))}


def words(reply: Reply) -> str:
    return f"{reply.code} {reply.text}"[:500]
