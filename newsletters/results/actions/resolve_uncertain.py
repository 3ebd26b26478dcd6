"""Resolve deliveries whose answer was lost, as a person decides: they count as sent, or are sent again."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import Dispatch
from newsletters.publications.permissions import require
from newsletters.sending import ledger


@transaction.atomic
def resolve_uncertain(
    dispatch: Dispatch, *, key: int | None, went_out: bool, user: User | AnonymousUser, now: datetime
) -> int:
    """Resolve the delivery `key`, or all uncertain ones of the dispatch; return how many.

    Returns 0 if nothing is uncertain any more, or if another dispatch of the issue has to end first. The caller starts
    workers to send them again.
    """
    require(user, "send", dispatch.newsletter)
    if key is None:
        count = ledger.resolve_all_uncertain(dispatch, went_out=went_out, now=now)
    elif dispatch.deliveries.filter(pk=key).exists():
        count = int(ledger.resolve_uncertain(key, went_out=went_out, now=now))
    else:
        count = 0
    if count:
        data = {"dispatch": dispatch.pk, "people": count, "went_out": went_out}
        log(instance=dispatch.issue, action="hub_newsletters.resolve", user=user, data=data)
    return count
