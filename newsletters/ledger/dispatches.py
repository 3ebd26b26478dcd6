"""The moves of a dispatch as a whole: pause, resume, cancel, finish."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cms.content_version import content_changed
from cms.webhooks.announce import announce
from newsletters.models import Delivery, Dispatch

Status = Dispatch.Status

ISSUE_SENT = "issue.sent"


def finish_if_done(dispatch: Dispatch, *, now: datetime) -> bool:
    """Close the dispatch if nothing waits any more; say whether it is closed."""
    waiting = Delivery.objects.filter(dispatch=dispatch, status__in=Delivery.WAITING)
    if waiting.exists():
        return False
    with transaction.atomic():
        finished = Dispatch.objects.filter(pk=dispatch.pk, status=Status.SENDING).update(
            status=Status.FINISHED, finished_at=now, status_reason="", retry_at=None
        )
        if finished:
            announce(event=ISSUE_SENT, page_id=dispatch.issue_id, once=f"dispatch {dispatch.pk}", now=now)
    return True


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
        Delivery.objects.filter(dispatch=dispatch, status__in=Delivery.UNSENT).update(
            status=Delivery.Status.CANCELLED, leased_until=None, worker="", settled_at=now
        )
        content_changed(now=now)  # it leaves the public list of issues
    return bool(moved)
