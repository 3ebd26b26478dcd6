"""What workers hold: they claim deliveries, renew the lease while they live, send them or put them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Newsletter, Subscription
from newsletters.sending.ledger.answers import one_more_attempt
from newsletters.sending.ledger.dispatches import end_if_cancelled, wait
from newsletters.sending.ledger.pacing import Pace
from newsletters.sending.ledger.rate_limits import give_back, reserve
from newsletters.values.remarks import Remark

Status = Delivery.Status
HELD = (Status.CLAIMED, Status.IN_FLIGHT)


def claim(dispatch: Dispatch, *, worker: str, now: datetime, pace: Pace | None = None) -> list[int]:
    """Claim some due deliveries for this worker until a lease ends; return their keys.

    It claims no more than the rate limits allow now; if they allow none for a while, the dispatch waits and says why.
    `pace` learns when each may be sent. At most half of them are retries, so that retries never hold up the rest.
    """
    with transaction.atomic():
        sending = Dispatch.objects.filter(pk=dispatch.pk, status=Dispatch.Status.SENDING)
        current = sending.select_related("newsletter").first()
        if current is None:
            return []
        keys = _due(current, most=conf.CLAIM_SIZE, now=now)
        if not keys:
            return []
        granted = reserve(current.newsletter, wanted=len(keys), pace=pace, now=now)
        keys = keys[: granted.count]
        taken = Delivery.objects.filter(pk__in=keys)
        unsubscribed = exclude(taken.exclude(still_subscribed()), reason=Delivery.Reason.UNSUBSCRIBED, now=now)
        served = exclude(taken.filter(_has_a_copy()), reason=Delivery.Reason.HAS_A_COPY, now=now)
        if unsubscribed or served:
            keys = list(taken.filter(status__in=Delivery.UNSENT).order_by("pk").values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=keys).update(status=Status.CLAIMED, worker=worker, leased_until=lease(now))
    if granted.until:  # only now that the deliveries are unlocked: a cancel locks the dispatch first, then these
        wait(current, why=granted.why, until=granted.until)
    return keys


def _due(dispatch: Dispatch, *, most: int, now: datetime) -> list[int]:
    """Return keys that nobody else is claiming: of the deferred ones those due longest, of the others the oldest."""
    deliveries = Delivery.objects.filter(dispatch=dispatch)
    if connection.features.has_select_for_update_skip_locked:
        deliveries = deliveries.select_for_update(skip_locked=True)
    deferred = deliveries.filter(status=Status.DEFERRED, due_at__lte=now).order_by("due_at")
    keys = list(deferred.values_list("pk", flat=True)[: (most + 1) // 2])
    ready = deliveries.filter(status=Status.READY, reason="").order_by("pk")
    return keys + list(ready.values_list("pk", flat=True)[: most - len(keys)])


def put_in_flight(key: int, *, worker: str, now: datetime) -> bool:
    """Record that this delivery takes off now; return False if it is no longer this worker's to send.

    Whoever unsubscribed since the audience was frozen is excluded, even if the ledger missed it: someone may
    unsubscribe while the audience is being frozen. All conditions are in the UPDATE itself, because PostgreSQL checks
    them again after it has waited for another transaction.
    """
    mine = Delivery.objects.filter(is_held(worker=worker, now=now), pk=key)
    moved = mine.filter(may_take_off()).update(status=Status.IN_FLIGHT)
    if not moved:
        exclude(mine.exclude(still_subscribed()), reason=Delivery.Reason.UNSUBSCRIBED, now=now)
    return bool(moved)


def is_in_flight(key: int, *, worker: str) -> bool:
    """Say whether this worker has it in flight: the answer to the commit may have been lost."""
    return Delivery.objects.filter(pk=key, worker=worker, status=Status.IN_FLIGHT).exists()


def is_held(*, worker: str, now: datetime) -> Q:
    """Return the condition that this worker holds a delivery and has not begun to send it."""
    return Q(worker=worker, status=Status.CLAIMED, leased_until__gt=now)


def left_to_send(keys: Sequence[int], *, worker: str, now: datetime) -> set[int]:
    """Return which of a worker's claim may still take off: none after a pause, a cancel or an expired lease."""
    mine = Delivery.objects.filter(is_held(worker=worker, now=now), pk__in=keys)
    return set(mine.filter(may_take_off()).values_list("pk", flat=True))


def may_take_off() -> Q:
    """Return the condition that a delivery's dispatch is sending and its reader is still subscribed."""
    sending = Dispatch.objects.filter(pk=OuterRef("dispatch_id"), status=Dispatch.Status.SENDING)
    return Q(Exists(sending)) & Q(still_subscribed())


def put_back(keys: Sequence[int], *, worker: str, status: Delivery.Status, now: datetime) -> None:
    """Release what this worker holds in this state and did not send, so that it is sent later."""
    held = Delivery.objects.filter(pk__in=keys, worker=worker, status=status)
    with transaction.atomic():
        count = held.update(**_free())
        if count:
            end_if_cancelled(Delivery.objects.filter(pk__in=keys), now=now)
            newsletter = Newsletter.objects.get(dispatches__deliveries=keys[0])
            give_back(newsletter, count=count, now=now)


def renew(*, worker: str, now: datetime) -> int:
    """Give a sign of life: renew the lease on everything that this worker holds; return how many deliveries that is."""
    return Delivery.objects.filter(status__in=HELD, leased_until__isnull=False, worker=worker).update(
        leased_until=lease(now)
    )


def release_expired(*, now: datetime) -> tuple[int, int]:
    """Release what dead workers held: claimed rows become ready, rows in flight uncertain; return both counts.

    A worker that was only asleep finds its claims gone, and may still bring the answer to what it had in flight.
    A lease or a wait longer than this clock could have given is cut short: the clock has been set back since.
    """
    _shorten_times_after_clock_was_set_back(now=now)
    expired = Delivery.objects.filter(leased_until__lt=now)
    uncertain = expired.filter(status=Status.IN_FLIGHT).update(
        status=Status.UNCERTAIN,
        worker_seen_at=F("leased_until") - _lease_time(),
        leased_until=None,
        reply=Remark.WORKER_DIED,
        **one_more_attempt(now),
    )
    ready = expired.filter(status=Status.CLAIMED).update(**_free())
    end_if_cancelled(Delivery.objects.all(), now=now)
    return ready, uncertain


def _shorten_times_after_clock_was_set_back(*, now: datetime) -> None:
    leased = Delivery.objects.filter(status__in=HELD, leased_until__gt=now + 2 * _lease_time())
    leased.update(leased_until=lease(now))
    longest = timedelta(seconds=conf.RETRY_MOST_SECONDS)
    waiting = Delivery.objects.filter(
        dispatch__in=Dispatch.objects.filter(status__in=Dispatch.OPEN), status=Status.DEFERRED
    )
    waiting.filter(due_at__gt=now + 2 * longest).update(due_at=now + longest)


def exclude(deliveries: QuerySet[Delivery], *, reason: Delivery.Reason, now: datetime) -> int:
    """Exclude these from the dispatch; return how many."""
    return deliveries.update(status=Status.EXCLUDED, reason=reason, leased_until=None, worker="", settled_at=now)


def still_subscribed() -> Exists:
    """Return the condition that a delivery's subscription is active."""
    active = Subscription.objects.filter(pk=OuterRef("subscription_id"), status=Subscription.Status.ACTIVE)
    return Exists(active)


def _has_a_copy() -> Exists:
    copies = Delivery.objects.filter(issue=OuterRef("issue_id"), subscription=OuterRef("subscription_id"))
    return Exists(copies.filter(status__in=Delivery.GONE_OUT).exclude(pk=OuterRef("pk")))


def lease(now: datetime) -> datetime:
    """Return when a lease that begins now ends."""
    return now + _lease_time()


def last_sign_of_life(leased_until: datetime) -> datetime:
    """Return when the lease that ends then was given or renewed."""
    return leased_until - _lease_time()


def _lease_time() -> timedelta:
    return timedelta(seconds=conf.LEASE_SECONDS)


def _free() -> dict[str, object]:
    return {"status": Status.READY, "worker": "", "leased_until": None}
