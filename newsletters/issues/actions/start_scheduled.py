"""Start each scheduled sending that is due, once, and notify staff of those that cannot be started."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from cms.values.local_time import in_words
from newsletters.conf import conf
from newsletters.exceptions import AlreadySent, NewsletterError, ScheduleRefused
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.models import Dispatch, Schedule
from newsletters.publications.staff_mail import tell_not_sent
from newsletters.values import reasons

logger = logging.getLogger(__name__)

Status = Schedule.Status


def start_scheduled(*, now: datetime) -> list[Dispatch]:
    """Return the dispatches that were started; the caller starts workers.

    An issue that can no longer be sent (its approval is void, a check blocks it, it does not compile, or it leaves out
    a language without agreement) is taken off the schedule, and staff are told why. More readers of a language that is
    left out as agreed do not stop it. An issue that is more than SCHEDULE_LATE_SECONDS late, because nothing was
    running, waits for a decision.
    """
    due = Schedule.objects.filter(status=Status.WAITING, send_at__lte=now).select_related("issue", "created_by")
    started = [_start(schedule, now=now) for schedule in due.order_by("send_at", "pk")]
    return [dispatch for dispatch in started if dispatch]


def _start(schedule: Schedule, *, now: datetime) -> Dispatch | None:
    if now - schedule.send_at > timedelta(seconds=conf.SCHEDULE_LATE_SECONDS):
        _give_up(schedule, status=Status.MISSED, why=_too_late(schedule, now=now), now=now)
        return None
    try:
        with transaction.atomic():
            # The condition in the UPDATE lets one sweeper pass; an error undoes it together with the dispatch.
            if not schedule.end(Status.STARTED, was=[Status.WAITING], now=now):
                return None
            dispatch = start_dispatch(schedule.issue, left_out=schedule.left_out, user=schedule.created_by, now=now)
            schedule.note_dispatch(dispatch)
    except AlreadySent:
        schedule.end(Status.WITHDRAWN, was=[Status.WAITING], now=now)
    except NewsletterError as error:
        _give_up(schedule, status=Status.REFUSED, why=error, now=now)
    except Exception:
        # Whatever went wrong, the other issues are sent; this one is attempted again until it is too late.
        logger.exception("Scheduled issue %s could not be started; it will be attempted again", schedule.issue_id)
    else:
        return dispatch
    return None


def _give_up(schedule: Schedule, *, status: Schedule.Status, why: NewsletterError, now: datetime) -> None:
    """End the schedule and notify staff, each in their own language."""
    reason = reasons.to_keep(why)
    with transaction.atomic():
        if not schedule.end(status, was=[Status.WAITING], now=now, reason=reasons.as_text(reason)):
            return
        data = {"send_at": schedule.send_at.isoformat(), "time_zone": schedule.time_zone, "why": reason}
        log(instance=schedule.issue, action="hub_newsletters.not_sent", data=data)
    tell_not_sent(schedule, why=why)


def _too_late(schedule: Schedule, *, now: datetime) -> NewsletterError:
    zone = ZoneInfo(schedule.time_zone)
    words = _("Nothing was running at that time. This was noticed on {now}, too late to send the issue without asking.")
    return ScheduleRefused(format_lazy(words, now=lazy(in_words, str)(now, zone=zone)))
