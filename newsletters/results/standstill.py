"""Why a dispatch stands still when neither the ledger nor the mail server gives a reason: what it waits for."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.sending.ledger.claims import HELD, last_sign_of_life
from newsletters.sending.ledger.rate_limits import is_paced
from newsletters.sending.ledger.status import LedgerStatus

# How long a dispatch may show no sign of a worker: between two batches, or until its task starts.
MOMENT = timedelta(seconds=30)


def why_it_stands_still(dispatch: Dispatch, ledger: LedgerStatus, *, now: datetime) -> str:
    """Return in words what a dispatch that stands still waits for; empty if mails are sent or it gives a reason itself.

    `ledger` may be a moment old. At most two queries.
    """
    if dispatch.status != Dispatch.Status.SENDING or dispatch.retry_at or now - dispatch.created_at < MOMENT:
        return ""
    is_held = any(ledger.counts[status] for status in HELD)
    if not (is_held or ledger.counts[Delivery.Status.READY]) or _has_moved(dispatch, now=now):
        return ""
    return _why_it_is_held(dispatch, now=now) if is_held else _why_nobody_sends(dispatch, now=now)


def _has_moved(dispatch: Dispatch, *, now: datetime) -> bool:
    settled = Delivery.objects.filter(dispatch=dispatch, settled_at__gt=now - MOMENT)
    return settled.exclude(status=Delivery.Status.EXCLUDED).exists()


def _why_it_is_held(dispatch: Dispatch, *, now: datetime) -> str:
    """A worker holds deliveries: it waits for the mail server or for its rate limit, or gives no sign of life."""
    in_flight = Q(status=Delivery.Status.IN_FLIGHT)
    held = Delivery.objects.filter(dispatch=dispatch, status__in=HELD)
    found = held.aggregate(until=Max("leased_until"), in_flight_until=Max("leased_until", filter=in_flight))
    until = found["in_flight_until"] or found["until"]
    if until is None:
        return ""
    seen_at = last_sign_of_life(until)
    if now - seen_at > timedelta(seconds=conf.LEASE_SECONDS) / 2:
        return _(
            "The worker that holds the next mails has given no sign of life since %(seen)s. If it does not wake up, "
            "other workers take over by themselves after %(until)s."
        ) % {"seen": _time(seen_at), "until": _time(until)}
    if found["in_flight_until"] is None and is_paced(dispatch.newsletter):
        return ""
    return _(
        "The mail server is slow to answer: nothing has been sent for half a minute. The worker waits for it, at most "
        "ten minutes for one mail, and then continues by itself."
    )


def _time(at: datetime) -> str:
    return date_format(localtime(at), "H:i:s")


def _why_nobody_sends(dispatch: Dispatch, *, now: datetime) -> str:
    held = Delivery.objects.filter(status__in=HELD, leased_until__gt=now).order_by()
    titles = dict(held.values_list("dispatch", "dispatch__issue__title").distinct())
    if dispatch.pk in titles:
        return ""
    if other := next(iter(titles.values()), ""):
        words = _("The workers are busy with “%(other)s”. This sending continues by itself when its turn comes.")
        return words % {"other": other}
    return _(
        "There is no worker to send it. It continues by itself as soon as there is one; if none appears within a few "
        "minutes, tell whoever looks after this server."
    )
