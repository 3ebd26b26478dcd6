"""Why nothing of a sending moves when neither the ledger nor the mail server says so: no worker has come to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from newsletters.ledger.claims import HELD
from newsletters.models import Delivery, Dispatch
from newsletters.queries import LedgerStatus

# For so long a sending may show no sign of a worker: between two batches, or while its task is taken up.
MOMENT = timedelta(seconds=30)


def why_it_stands_still(dispatch: Dispatch, ledger: LedgerStatus, *, now: datetime) -> str:
    """Return in words what a sending waits for that nobody works on; empty if it moves or has a reason of its own.

    `ledger` may be a moment old. No more than two queries, and none while a worker has something of it.
    """
    if dispatch.status != Dispatch.Status.SENDING or dispatch.retry_at or now - dispatch.created_at < MOMENT:
        return ""
    if not ledger.counts[Delivery.Status.READY] or any(ledger.counts[status] for status in HELD):
        return ""
    settled = Delivery.objects.filter(dispatch=dispatch, settled_at__gt=now - MOMENT)
    if settled.exclude(status=Delivery.Status.EXCLUDED).exists():
        return ""
    held = Delivery.objects.filter(status__in=HELD, leased_until__gt=now).order_by()
    titles = dict(held.values_list("dispatch", "dispatch__issue__title").distinct())
    if dispatch.pk in titles:
        return ""
    if other := next(iter(titles.values()), ""):
        return _("The workers are busy with “%(other)s”. This sending goes on by itself, in turn.") % {"other": other}
    return _(
        "No worker is there to send it. It goes on by itself as soon as one is; if none comes within some minutes, "
        "tell whoever looks after this server."
    )
