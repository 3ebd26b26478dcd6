"""What workers hold: they claim deliveries, keep them by signs of life, hand them over or put them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Newsletter, Subscription
from newsletters.sending.ledger.answers import one_more_try
from newsletters.sending.ledger.dispatches import end_if_cancelled, wait
from newsletters.sending.ledger.pacing import Pace
from newsletters.sending.ledger.rate_limits import give_back, reserve
from newsletters.values.remarks import Remark

Status = Delivery.Status
HELD = (Status.CLAIMED, Status.IN_FLIGHT)


def claim(dispatch: Dispatch, *, worker: str, now: datetime, pace: Pace | None = None) -> list[int]:
    """Take some due deliveries for this worker until a lease ends; return their keys.

    They are no more than the newsletter's speed allows now; if it allows none for a while, the dispatch waits and says
    why. `pace` is told when each may go. Half of them at most are second tries, so that these never hold up those who
    were not tried yet.
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
        left = exclude(taken.exclude(still_subscribed()), reason=Delivery.Reason.UNSUBSCRIBED, now=now)
        served = exclude(taken.filter(_has_a_copy()), reason=Delivery.Reason.HAS_A_COPY, now=now)
        if left or served:
            keys = list(taken.filter(status__in=Delivery.UNSENT).order_by("pk").values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=keys).update(status=Status.CLAIMED, worker=worker, leased_until=lease(now))
    if granted.until:  # after the deliveries were let go: whoever cancels has the dispatch and wants them
        wait(current, why=granted.why, until=granted.until)
    return keys


def _due(dispatch: Dispatch, *, most: int, now: datetime) -> list[int]:
    """Return keys that nobody else is taking: of those deferred the longest due, of the others the oldest."""
    deliveries = Delivery.objects.filter(dispatch=dispatch)
    if connection.features.has_select_for_update_skip_locked:
        deliveries = deliveries.select_for_update(skip_locked=True)
    deferred = deliveries.filter(status=Status.DEFERRED, due_at__lte=now).order_by("due_at")
    keys = list(deferred.values_list("pk", flat=True)[: (most + 1) // 2])
    ready = deliveries.filter(status=Status.READY, reason="").order_by("pk")
    return keys + list(ready.values_list("pk", flat=True)[: most - len(keys)])


def put_in_flight(key: int, *, worker: str, now: datetime) -> bool:
    """Say that this delivery is being handed over now; False if it is no longer this worker's to send.

    Whoever left since the audience was frozen is excluded, also if that did not reach the ledger: someone may leave
    while the audience is being frozen. All conditions stand in the UPDATE itself, where PostgreSQL looks again
    after it waited for another transaction.
    """
    mine = Delivery.objects.filter(is_held(worker=worker, now=now), pk=key)
    moved = mine.filter(may_fly()).update(status=Status.IN_FLIGHT)
    if not moved:
        exclude(mine.exclude(still_subscribed()), reason=Delivery.Reason.UNSUBSCRIBED, now=now)
    return bool(moved)


def is_in_flight(key: int, *, worker: str) -> bool:
    """Say whether this worker has put it in flight: the commit's answer may have been lost."""
    return Delivery.objects.filter(pk=key, worker=worker, status=Status.IN_FLIGHT).exists()


def is_held(*, worker: str, now: datetime) -> Q:
    """Return the condition that this worker holds a delivery and has not begun with it."""
    return Q(worker=worker, status=Status.CLAIMED, leased_until__gt=now)


def left_to_send(keys: Sequence[int], *, worker: str, now: datetime) -> set[int]:
    """Return those of a worker's claim that may still take off: after a pause, a cancel or a lapsed lease none."""
    mine = Delivery.objects.filter(is_held(worker=worker, now=now), pk__in=keys)
    return set(mine.filter(may_fly()).values_list("pk", flat=True))


def may_fly() -> Q:
    """Return the condition that a delivery's dispatch goes on and its reader is still there."""
    sending = Dispatch.objects.filter(pk=OuterRef("dispatch_id"), status=Dispatch.Status.SENDING)
    return Q(Exists(sending)) & Q(still_subscribed())


def put_back(keys: Sequence[int], *, worker: str, status: Delivery.Status, now: datetime) -> None:
    """Return what this worker holds in this state and did not hand over, so that it is sent later."""
    held = Delivery.objects.filter(pk__in=keys, worker=worker, status=status)
    with transaction.atomic():
        count = held.update(**_free())
        if count:
            end_if_cancelled(Delivery.objects.filter(pk__in=keys), now=now)
            newsletter = Newsletter.objects.get(dispatches__deliveries=keys[0])
            give_back(newsletter, count=count, now=now)


def renew(*, worker: str, now: datetime) -> int:
    """Give a sign of life: what this worker still holds stays its own for another lease; return how much that is."""
    return Delivery.objects.filter(status__in=HELD, leased_until__isnull=False, worker=worker).update(
        leased_until=lease(now)
    )


def release_expired(*, now: datetime) -> tuple[int, int]:
    """Take back what dead workers held: claimed rows become ready, rows in flight uncertain; return both counts.

    A worker that only slept finds its claims gone, and may still bring the answer to what it had in flight. A lease
    or a wait that could not have been given by this clock comes from one that was set back since: it is cut short.
    """
    _mend_times_after_clock_was_set_back(now=now)
    expired = Delivery.objects.filter(leased_until__lt=now)
    uncertain = expired.filter(status=Status.IN_FLIGHT).update(
        status=Status.UNCERTAIN,
        worker_seen_at=F("leased_until") - _lease_time(),
        leased_until=None,
        reply=Remark.WORKER_DIED,
        **one_more_try(now),
    )
    ready = expired.filter(status=Status.CLAIMED).update(**_free())
    end_if_cancelled(Delivery.objects.all(), now=now)
    return ready, uncertain


def _mend_times_after_clock_was_set_back(*, now: datetime) -> None:
    leased = Delivery.objects.filter(status__in=HELD, leased_until__gt=now + 2 * _lease_time())
    leased.update(leased_until=lease(now))
    longest = timedelta(seconds=conf.RETRY_MOST_SECONDS)
    waiting = Delivery.objects.filter(
        dispatch__in=Dispatch.objects.filter(status__in=Dispatch.OPEN), status=Status.DEFERRED
    )
    waiting.filter(due_at__gt=now + 2 * longest).update(due_at=now + longest)


def exclude(deliveries: QuerySet[Delivery], *, reason: Delivery.Reason, now: datetime) -> int:
    """Take these out of the audience; return how many."""
    return deliveries.update(status=Status.EXCLUDED, reason=reason, leased_until=None, worker="", settled_at=now)


def still_subscribed() -> Exists:
    """Return the condition that a delivery's subscription is active."""
    active = Subscription.objects.filter(pk=OuterRef("subscription_id"), status=Subscription.Status.ACTIVE)
    return Exists(active)


def _has_a_copy() -> Exists:
    copies = Delivery.objects.filter(issue=OuterRef("issue_id"), subscription=OuterRef("subscription_id"))
    return Exists(copies.filter(status__in=Delivery.GONE_OUT).exclude(pk=OuterRef("pk")))


def lease(now: datetime) -> datetime:
    """Return until when what is taken now is held."""
    return now + _lease_time()


def last_sign_of_life(leased_until: datetime) -> datetime:
    """Return when a worker took, or renewed, what it holds until then."""
    return leased_until - _lease_time()


def _lease_time() -> timedelta:
    return timedelta(seconds=conf.LEASE_SECONDS)


def _free() -> dict[str, object]:
    return {"status": Status.READY, "worker": "", "leased_until": None}
