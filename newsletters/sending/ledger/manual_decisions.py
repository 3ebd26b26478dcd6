"""What people decide about deliveries: a subscriber unsubscribes, staff know what became of an uncertain mail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from newsletters.models import Delivery, Dispatch
from newsletters.sending.ledger.claims import exclude, put_back
from newsletters.sending.ledger.dispatches import hold, reopen

Status = Delivery.Status


def exclude_unsubscribed(
    *subscription_pks: int, reason: Delivery.Reason = Delivery.Reason.UNSUBSCRIBED, now: datetime
) -> int:
    """Exclude people who unsubscribed, or were set aside, from what has not reached them yet; return how many."""
    theirs = Delivery.objects.filter(subscription_id__in=subscription_pks, status__in=Delivery.UNSENT)
    return exclude(theirs, reason=reason, now=now)


def resolve_uncertain(key: int, *, went_out: bool, now: datetime) -> bool:
    """Settle an uncertain delivery: it is accepted if it went out, and otherwise sent again.

    To send it again, a finished dispatch is reopened; in a cancelled dispatch it is cancelled instead. Return False if
    the delivery is no longer uncertain, or if another dispatch of the issue is open and has to end first.
    """
    return bool(_resolve(Delivery.objects.filter(pk=key), went_out=went_out, now=now))


def resolve_all_uncertain(dispatch: Dispatch, *, went_out: bool, now: datetime) -> int:
    """Do the same with all uncertain deliveries of a dispatch; return how many were changed."""
    return _resolve(Delivery.objects.filter(dispatch=dispatch), went_out=went_out, now=now)


def take_back(keys: list[int], *, worker: str, now: datetime) -> None:
    """Release deliveries that took off but did not go out, as their worker knows: they are sent again.

    If the worker slept and they are uncertain by now, this is the missing answer. If a person or another worker was
    faster, it changes nothing.
    """
    put_back(keys, worker=worker, status=Status.IN_FLIGHT, now=now)
    _resolve(Delivery.objects.filter(pk__in=keys, worker=worker), went_out=False, now=now)


@transaction.atomic
def _resolve(deliveries: QuerySet[Delivery], *, went_out: bool, now: datetime) -> int:
    uncertain = deliveries.filter(status=Status.UNCERTAIN)
    if went_out:
        return uncertain.update(status=Status.ACCEPTED, settled_at=now, worker="")
    dispatch = hold(uncertain)
    if dispatch is None:
        return 0
    if dispatch.status == Dispatch.Status.CANCELLED:
        return uncertain.update(status=Status.CANCELLED, settled_at=now, worker="")
    if dispatch.status == Dispatch.Status.FINISHED and not reopen(dispatch):
        return 0
    return uncertain.update(status=Status.READY, worker="")
