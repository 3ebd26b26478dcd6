"""What a person decided about deliveries: a subscriber who leaves, staff who know what became of an uncertain one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from newsletters.models import Delivery, Dispatch
from newsletters.sending.ledger.claims import exclude, put_back
from newsletters.sending.ledger.dispatches import hold, reopen

Status = Delivery.Status


def exclude_unsubscribed(subscription_pk: int, *, now: datetime) -> int:
    """Take someone who left out of every dispatch that has not reached them; return how many."""
    theirs = Delivery.objects.filter(subscription_id=subscription_pk, status__in=Delivery.UNSENT)
    return exclude(theirs, reason=Delivery.Reason.UNSUBSCRIBED, now=now)


def resolve_uncertain(key: int, *, went_out: bool, now: datetime) -> bool:
    """Settle what a person, or an inbox that can be asked, knows better: accepted if it went out, else send it again.

    A dispatch that was finished goes on for it; in one that was cancelled it is cancelled instead. Return False if
    the delivery is not uncertain any more, or if another dispatch of the issue is on its way and has to end first.
    """
    return bool(_resolve(Delivery.objects.filter(pk=key), went_out=went_out, now=now))


def resolve_all_uncertain(dispatch: Dispatch, *, went_out: bool, now: datetime) -> int:
    """Do the same with all uncertain deliveries of a dispatch; return how many there were."""
    return _resolve(Delivery.objects.filter(dispatch=dispatch), went_out=went_out, now=now)


def take_back(keys: list[int], *, worker: str, now: datetime) -> None:
    """These took off and nothing of them went out, as their worker knows: they are sent again.

    If it slept and they count as uncertain by now, that is the answer that was missing; if a person or another worker
    was faster, it changes nothing.
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
