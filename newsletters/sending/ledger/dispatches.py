"""The moves of a dispatch as a whole: pause, resume, cancel, finish, reopen.

Whoever closes a dispatch, or makes a delivery wait again that did not, holds the dispatch's lock while doing so: else
a dispatch could be closed beside a delivery that begins to wait, and nobody would ever send that one.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from cms.content.version import content_changed
from cms.webhooks.announce import announce
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.sending.ledger.rate_limits import would_grant
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

Status = Dispatch.Status

ISSUE_SENT = "issue.sent"


def hold(deliveries: QuerySet[Delivery]) -> Dispatch | None:
    """Lock the dispatch of these deliveries until the transaction ends, and return it as it is then."""
    dispatches = Dispatch.objects.filter(pk__in=deliveries.order_by().values("dispatch"))
    return dispatches.select_for_update(no_key=True).first()


def finish_if_done(dispatch: Dispatch, *, now: datetime) -> bool:
    """Close the dispatch if nothing waits any more; say whether that closed it."""
    mine = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING)
    waiting = Delivery.objects.filter(dispatch=dispatch, status__in=Delivery.WAITING)
    if waiting.exists():
        return False
    with transaction.atomic():
        # Looked at again under the lock: somebody may just have had a delivery sent again.
        if not mine.select_for_update(no_key=True).exists() or waiting.exists():
            return False
        mine.update(status=Status.FINISHED, finished_at=now, status_reason="", retry_at=None)
        announce(event=ISSUE_SENT, page_id=dispatch.issue_id, once=f"dispatch {dispatch.pk}", now=now)
    return True


def reopen(dispatch: Dispatch) -> bool:
    """Let a finished dispatch go on; False if it is not finished, or another one of its issue has to end first."""
    finished = Dispatch.objects.filter(pk=dispatch.pk, status=Status.FINISHED)
    try:
        with transaction.atomic():
            return bool(finished.update(status=Status.SENDING, finished_at=None))
    except IntegrityError:  # the database allows an issue one open dispatch
        return False


def reopen_stranded() -> int:
    """Let finished dispatches go on in which something waits; return how many.

    No move leaves that behind, but an earlier version, a restored copy or a hand in the database may have.
    """
    waiting = Delivery.objects.filter(dispatch=OuterRef("pk"), status__in=Delivery.WAITING)
    stranded = [one for one in Dispatch.objects.filter(Exists(waiting), status=Status.FINISHED) if reopen(one)]
    for dispatch in stranded:
        logger.error("Dispatch %s was finished although something waited: it goes on", dispatch.pk)
    return len(stranded)


def wait(dispatch: Dispatch, *, why: str, until: datetime) -> None:
    """Let workers leave it alone for a while."""
    sending = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING)
    sending.update(status_reason=why[:255], retry_at=until)


def stop_waiting(dispatch: Dispatch) -> None:
    """Note that what it waited for is there."""
    Dispatch.objects.filter(pk=dispatch.pk).exclude(retry_at=None).update(status_reason="", retry_at=None)


def look_again(*, now: datetime) -> None:
    """Ask anew for those that wait for a speed, a time or a warm-up, which somebody may have changed since.

    What waits for longer than a server is ever left alone goes on too: a clock was set back.
    """
    waiting = Dispatch.objects.filter(status=Status.SENDING, retry_at__gt=now)
    longest = now + timedelta(seconds=max(conf.RETRY_MOST_SECONDS, conf.OUTAGE_SECONDS))
    for dispatch in waiting.select_related("newsletter"):
        if dispatch.status_reason in Remark.of_waiting():
            granted = would_grant(dispatch.newsletter, now=now)
            why, until = granted.why, granted.until
        elif dispatch.retry_at and dispatch.retry_at > longest:
            why, until = "", None
        else:
            continue
        waiting.filter(pk=dispatch.pk).update(status_reason=why, retry_at=until)


def pause(dispatch: Dispatch, *, why: str) -> bool:
    """Let nobody take deliveries any more; what is in flight is finished. Say whether it was being sent."""
    sending = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING)
    return bool(sending.update(status=Status.PAUSED, status_reason=why[:255], retry_at=None))


def resume(dispatch: Dispatch) -> bool:
    """Let workers go on where they stopped; say whether it was paused."""
    paused = Dispatch.objects.filter(pk=dispatch.pk, status=Status.PAUSED)
    return bool(paused.update(status=Status.SENDING, status_reason="", retry_at=None))


@transaction.atomic
def cancel(dispatch: Dispatch, *, now: datetime) -> bool:
    """End the dispatch: what was not handed over will not be sent. Say whether there was something to end."""
    moved = Dispatch.objects.filter(pk=dispatch.pk, status__in=Dispatch.OPEN).update(
        status=Status.CANCELLED, status_reason="", retry_at=None, finished_at=now
    )
    if moved:
        end_if_cancelled(Delivery.objects.filter(dispatch=dispatch), now=now)
        content_changed(now=now)  # it leaves the public list of issues
    return bool(moved)


def end_if_cancelled(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    """Cancel what of these waits in a dispatch that was cancelled; return how many.

    What was in flight then may come back to be sent later.
    """
    cancelled = Dispatch.objects.filter(status=Status.CANCELLED)
    return deliveries.filter(dispatch__in=cancelled, status__in=Delivery.UNSENT).update(
        status=Delivery.Status.CANCELLED, leased_until=None, worker="", settled_at=now
    )
