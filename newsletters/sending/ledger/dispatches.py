"""What happens to a dispatch as a whole: pause, resume, cancel, finish, reopen.

Whoever closes a dispatch, or makes a settled delivery wait again, holds the dispatch's lock while doing so. Otherwise
a dispatch could be closed just as a delivery begins to wait, and nobody would ever send that delivery.
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
    """Lock the dispatch of these deliveries until the transaction ends, and return it as it is now."""
    dispatches = Dispatch.objects.filter(pk__in=deliveries.order_by().values("dispatch"))
    return dispatches.select_for_update(no_key=True).first()


def finish_if_done(dispatch: Dispatch, *, now: datetime) -> bool:
    """Finish the dispatch if nothing waits any more; return whether this call finished it."""
    mine = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING)
    waiting = Delivery.objects.filter(dispatch=dispatch, status__in=Delivery.WAITING)
    if waiting.exists():
        return False
    with transaction.atomic():
        # Check again under the lock: somebody may just have asked to send a delivery again.
        if not mine.select_for_update(no_key=True).exists() or waiting.exists():
            return False
        mine.update(status=Status.FINISHED, finished_at=now, status_reason="", retry_at=None)
        announce(event=ISSUE_SENT, page_id=dispatch.issue_id, once=f"dispatch {dispatch.pk}", now=now)
    return True


def reopen(dispatch: Dispatch) -> bool:
    """Reopen a finished dispatch; return False if it is not finished, or another one of its issue is still open."""
    finished = Dispatch.objects.filter(pk=dispatch.pk, status=Status.FINISHED)
    try:
        with transaction.atomic():
            return bool(finished.update(status=Status.SENDING, finished_at=None))
    except IntegrityError:  # the database allows an issue one open dispatch
        return False


def reopen_stranded() -> int:
    """Reopen finished dispatches in which a delivery still waits; return how many.

    Nothing here leaves that behind, but an earlier version, a restored backup or a manual change may have.
    """
    waiting = Delivery.objects.filter(dispatch=OuterRef("pk"), status__in=Delivery.WAITING)
    finished = Dispatch.objects.filter(Exists(waiting), status=Status.FINISHED)
    stranded = [dispatch for dispatch in finished if reopen(dispatch)]
    for dispatch in stranded:
        logger.error("Dispatch %s was finished although deliveries were waiting: it is reopened", dispatch.pk)
    return len(stranded)


def wait(dispatch: Dispatch, *, why: str, until: datetime) -> None:
    """Keep workers from the dispatch until this time, and note why."""
    sending = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING)
    sending.update(status_reason=why[:255], retry_at=until)


def stop_waiting(dispatch: Dispatch) -> None:
    """Note that the dispatch no longer waits."""
    Dispatch.objects.filter(pk=dispatch.pk).exclude(retry_at=None).update(status_reason="", retry_at=None)


def look_again(*, now: datetime) -> None:
    """Check again the dispatches that wait for a rate limit, a window or a warm-up: somebody may have changed it.

    A dispatch that waits for longer than any server is left alone continues too: a clock was set back.
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
    """Pause the dispatch: no more claims, but what is in flight is completed. Return whether it was being sent."""
    sending = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING)
    return bool(sending.update(status=Status.PAUSED, status_reason=why[:255], retry_at=None))


def resume(dispatch: Dispatch) -> bool:
    """Let workers continue where they stopped; return whether the dispatch was paused."""
    paused = Dispatch.objects.filter(pk=dispatch.pk, status=Status.PAUSED)
    return bool(paused.update(status=Status.SENDING, status_reason="", retry_at=None))


@transaction.atomic
def cancel(dispatch: Dispatch, *, now: datetime) -> bool:
    """Cancel the dispatch: what was not sent will not be sent. Return whether it was open."""
    moved = Dispatch.objects.filter(pk=dispatch.pk, status__in=Dispatch.OPEN).update(
        status=Status.CANCELLED, status_reason="", retry_at=None, finished_at=now
    )
    if moved:
        end_if_cancelled(Delivery.objects.filter(dispatch=dispatch), now=now)
        content_changed(now=now)  # the issue disappears from the public list
    return bool(moved)


def end_if_cancelled(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    """Cancel those of these deliveries that wait in a cancelled dispatch; return how many.

    A delivery that was in flight when its dispatch was cancelled may be deferred afterwards.
    """
    cancelled = Dispatch.objects.filter(status=Status.CANCELLED)
    return deliveries.filter(dispatch__in=cancelled, status__in=Delivery.UNSENT).update(
        status=Delivery.Status.CANCELLED, leased_until=None, worker="", settled_at=now
    )
