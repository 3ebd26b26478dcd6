"""The ledger's moves: every change of a delivery's state stands here, each with its condition in the UPDATE.

A move that finds the row in another state than it expects changes nothing and says so: that is how a pause, an
unsubscription or a second worker wins over a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from cms.content_version import content_changed
from cms.webhooks.announce import announce
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Subscription
from newsletters.remarks import Remark
from newsletters.sending.transport import Reply

Status = Delivery.Status
Jitter = Callable[[], float]  # returns a number from 0 up to 1, such as random.random

ISSUE_SENT = "issue.sent"


def claim(dispatch: Dispatch, *, worker: str, now: datetime) -> list[int]:
    """Take some due deliveries for this worker until a lease ends; return their keys, the oldest first."""
    due = Delivery.objects.filter(dispatch=dispatch, dispatch__status=Dispatch.Status.SENDING).filter(
        Q(status=Status.READY) | Q(status=Status.DEFERRED, due_at__lte=now)
    )
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        keys = list(due.order_by("pk").values_list("pk", flat=True)[: conf.CLAIM_SIZE])
        taken = Delivery.objects.filter(pk__in=keys)
        _exclude_who_left(taken, now=now)
        taken.exclude(status=Status.EXCLUDED).update(status=Status.CLAIMED, worker=worker, leased_until=_lease(now))
    return keys


def put_in_flight(key: int, *, worker: str, now: datetime) -> bool:
    """Say that this delivery is being handed over now; False if it is no longer this worker's to send.

    Whoever left since the audience was frozen is excluded, also if that did not reach the ledger: someone may leave
    while the audience is being frozen. All conditions stand in the UPDATE itself, where PostgreSQL looks again
    after it waited for another transaction.
    """
    mine = Delivery.objects.filter(pk=key, status=Status.CLAIMED, worker=worker, leased_until__gt=now)
    sending = Dispatch.objects.filter(pk=OuterRef("dispatch_id"), status=Dispatch.Status.SENDING)
    moved = mine.filter(Exists(sending), _still_subscribed()).update(status=Status.IN_FLIGHT, leased_until=_lease(now))
    if not moved:
        _exclude_who_left(mine, now=now)
    return bool(moved)


def accept(key: int, *, reply: Reply, now: datetime) -> None:
    """The server took it."""
    _settle(key, status=Status.ACCEPTED, reply=reply, now=now)


def reject(key: int, *, reply: Reply, now: datetime) -> None:
    """The server refused it for good."""
    _settle(key, status=Status.REJECTED, reply=reply, now=now)


def defer(key: int, *, reply: Reply, now: datetime, jitter: Jitter, may_give_up: bool = True) -> None:
    """The server asked to come back; after too long the refusal counts as final (RFC 5321, 4.5.4.1)."""
    _postpone(key, was=Status.IN_FLIGHT, why=_words(reply), now=now, jitter=jitter, may_give_up=may_give_up)


def set_aside(key: int, *, why: str, now: datetime, jitter: Jitter) -> None:
    """The server hung up at it: the others go first. Whether it was this one's fault is not known, so it is no try."""
    due_at = now + _wait(tries=0, jitter=jitter)
    _leave_flight(key, status=Status.DEFERRED, reply=why[:500], due_at=due_at)


def blame(key: int, *, why: str, now: datetime, jitter: Jitter) -> None:
    """The server hung up at what was set aside and at nothing else: that was a try of its own."""
    _postpone(key, was=Status.DEFERRED, why=why, now=now, jitter=jitter)


def mark_uncertain(key: int, *, why: str, now: datetime) -> None:
    """The answer was lost; a person decides."""
    _leave_flight(key, status=Status.UNCERTAIN, reply=why[:500], **_one_more_try(now))


def exclude_unsendable(key: int, *, why: str, now: datetime) -> None:
    """No transport can send to this address; the rest goes on."""
    _leave_flight(key, status=Status.EXCLUDED, reason=Delivery.Reason.UNSENDABLE, reply=why[:500], settled_at=now)


def put_back(keys: Sequence[int], *, worker: str, status: Delivery.Status) -> None:
    """Return what this worker holds in this state and did not hand over, so that it is sent later."""
    Delivery.objects.filter(pk__in=keys, worker=worker, status=status).update(
        status=Status.READY, worker="", leased_until=None
    )


def release_expired(*, now: datetime) -> tuple[int, int]:
    """Take back what dead workers held: claimed rows become ready, rows in flight uncertain; return both counts."""
    expired = Delivery.objects.filter(leased_until__lt=now)
    uncertain = expired.filter(status=Status.IN_FLIGHT).update(
        status=Status.UNCERTAIN, leased_until=None, reply=Remark.WORKER_DIED, **_one_more_try(now)
    )
    ready = expired.filter(status=Status.CLAIMED).update(status=Status.READY, worker="", leased_until=None)
    return ready, uncertain


def resolve_uncertain(key: int, *, went_out: bool, now: datetime) -> bool:
    """Settle what a person, or an inbox that can be asked, knows better: accepted if it went out, else send it again.

    Return False if the delivery is not uncertain any more.
    """
    uncertain = Delivery.objects.filter(pk=key, status=Status.UNCERTAIN)
    if went_out:
        return bool(uncertain.update(status=Status.ACCEPTED, settled_at=now))
    with transaction.atomic():
        sent_again = bool(uncertain.update(status=Status.READY, worker=""))
        if sent_again:
            Dispatch.objects.filter(deliveries=key, status=Dispatch.Status.FINISHED).update(
                status=Dispatch.Status.SENDING, finished_at=None
            )
    return sent_again


def exclude_unsubscribed(subscription_pk: int, *, now: datetime) -> int:
    """Take someone who left out of every dispatch that has not reached them; return how many."""
    theirs = Delivery.objects.filter(subscription_id=subscription_pk)
    return _exclude(theirs.filter(status__in=[Status.READY, Status.CLAIMED, Status.DEFERRED]), now=now)


def finish_if_done(dispatch: Dispatch, *, now: datetime) -> bool:
    """Close the dispatch if nothing waits any more; say whether it is closed."""
    waiting = Delivery.objects.filter(dispatch=dispatch, status__in=Delivery.WAITING)
    if waiting.exists():
        return False
    with transaction.atomic():
        finished = Dispatch.objects.filter(pk=dispatch.pk, status=Dispatch.Status.SENDING).update(
            status=Dispatch.Status.FINISHED, finished_at=now, status_reason="", retry_at=None
        )
        if finished:
            announce(event=ISSUE_SENT, page_id=dispatch.issue_id, once=f"dispatch {dispatch.pk}", now=now)
    return True


def pause(dispatch: Dispatch, *, why: str) -> None:
    """Let nobody take deliveries any more; what is in flight is finished."""
    Dispatch.objects.filter(pk=dispatch.pk, status=Dispatch.Status.SENDING).update(
        status=Dispatch.Status.PAUSED, status_reason=why[:255], retry_at=None
    )


def resume(dispatch: Dispatch) -> None:
    """Let workers go on where they stopped."""
    Dispatch.objects.filter(pk=dispatch.pk, status=Dispatch.Status.PAUSED).update(
        status=Dispatch.Status.SENDING, status_reason="", retry_at=None
    )


@transaction.atomic
def cancel(dispatch: Dispatch, *, now: datetime) -> None:
    """End the dispatch: what was not handed over will not be sent."""
    open_states = [Dispatch.Status.SENDING, Dispatch.Status.PAUSED]
    moved = Dispatch.objects.filter(pk=dispatch.pk, status__in=open_states).update(
        status=Dispatch.Status.CANCELLED, status_reason="", retry_at=None, finished_at=now
    )
    if moved:
        Delivery.objects.filter(dispatch=dispatch, status__in=[Status.READY, Status.CLAIMED, Status.DEFERRED]).update(
            status=Status.CANCELLED, leased_until=None, worker="", settled_at=now
        )
        content_changed(now=now)  # it leaves the public list of issues


def _settle(key: int, *, status: Delivery.Status, reply: Reply, now: datetime) -> None:
    _leave_flight(key, status=status, reply=_words(reply), settled_at=now, **_one_more_try(now))


def _postpone(
    key: int, *, was: Delivery.Status, why: str, now: datetime, jitter: Jitter, may_give_up: bool = True
) -> None:
    delivery = Delivery.objects.get(pk=key)
    first = delivery.first_tried_at or now
    if may_give_up and now - first >= timedelta(seconds=conf.RETRY_FOR_SECONDS):
        changes: dict[str, Any] = {"status": Status.REJECTED, "settled_at": now}
    else:
        changes = {"status": Status.DEFERRED, "due_at": now + _wait(tries=delivery.attempts, jitter=jitter)}
    Delivery.objects.filter(pk=key, status=was).update(
        leased_until=None, worker="", reply=why[:500], **changes, **_one_more_try(now)
    )


def _wait(*, tries: int, jitter: Jitter) -> timedelta:
    """Return the wait after so many earlier tries: doubled each time, and up to a quarter longer by chance.

    Without the chance all who were deferred at once would come back at once.
    """
    seconds = min(conf.RETRY_FIRST_SECONDS * 2**tries, conf.RETRY_MOST_SECONDS)
    return timedelta(seconds=seconds * (1 + jitter() / 4))


def _leave_flight(key: int, **changes: Any) -> None:
    Delivery.objects.filter(pk=key, status=Status.IN_FLIGHT).update(leased_until=None, worker="", **changes)


def _one_more_try(now: datetime) -> dict[str, Any]:
    """What is noted of a delivery that was offered to the server; of one that an outage kept here nothing is."""
    return {"attempts": F("attempts") + 1, "first_tried_at": Coalesce("first_tried_at", Value(now))}


def _still_subscribed() -> Exists:
    active = Subscription.objects.filter(pk=OuterRef("subscription_id"), status=Subscription.Status.ACTIVE)
    return Exists(active)


def _exclude_who_left(deliveries: QuerySet[Delivery], *, now: datetime) -> None:
    _exclude(deliveries.filter(~_still_subscribed()), now=now)


def _exclude(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    return deliveries.update(
        status=Status.EXCLUDED,
        reason=Delivery.Reason.UNSUBSCRIBED,
        leased_until=None,
        settled_at=now,
    )


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=conf.LEASE_SECONDS)


def _words(reply: Reply) -> str:
    return f"{reply.code} {reply.text}"[:500]
