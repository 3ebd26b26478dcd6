"""Schedule an approved issue, or move it to another time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Page

from newsletters.audience.queries import all_have_paused, readers_left_out
from newsletters.editions.compile_issue import compile_issue, require_agreed
from newsletters.exceptions import AlreadySent, EverybodyPaused, NoAudience, NotApproved, ScheduleRefused
from newsletters.issues.checking import require_sound
from newsletters.issues.issue_state import issue_status
from newsletters.issues.reach import reach
from newsletters.models import IssuePage, Schedule
from newsletters.publications.permissions import require


def schedule_issue(
    issue: IssuePage, *, send_at: datetime, left_out: Collection[str] = (), user: User, now: datetime
) -> Schedule:
    """Return the schedule; whether the issue may be sent is checked again at that time.

    `left_out` are the codes of the languages that the user agreed to leave out; they are stored with the numbers of
    their readers. Raises ScheduleRefused if the time has passed; LanguagesLeftOut, NotApproved, ChecksFailed,
    AlreadySent, NoAudience and IssueProblem as sending would.
    """
    require(user, "send", issue.newsletter)
    if send_at <= now:
        raise ScheduleRefused(_("This time has passed. Choose a later one, or send the issue now."))
    newsletter = issue.newsletter
    latest = issue.get_latest_revision_as_object()
    compiled = compile_issue(latest, newsletter=newsletter, now=now)
    status = issue_status(issue, compiled=compiled)
    if status.dispatch:
        raise AlreadySent
    if not status.is_approved:
        raise NotApproved
    require_agreed(compiled, left_out=left_out)
    require_sound(latest, compiled=compiled, now=now)
    if not reach(issue, newsletter=newsletter, compiled=compiled).people:
        raise EverybodyPaused if all_have_paused(newsletter) else NoAudience
    agreed = readers_left_out(newsletter, compiled.left_out, to=compiled.recipients)
    zone = newsletter.time_zone
    with transaction.atomic():
        Page.objects.select_for_update().get(pk=issue.pk)  # of two people at once the later one moves it
        schedule = Schedule.objects.filter(issue=issue, status=Schedule.Status.WAITING).first()
        if schedule is None:
            schedule = Schedule.objects.create(
                issue_id=issue.pk, send_at=send_at, time_zone=zone, left_out=agreed, created_by=user, created_at=now
            )
            _log("schedule", schedule, user=user)
        elif (schedule.send_at, schedule.left_out) != (send_at, agreed):
            was_at = schedule.send_at
            schedule.move(send_at=send_at, time_zone=zone, left_out=agreed, user=user)
            _log("reschedule", schedule, user=user, was_at=was_at.isoformat())
    return schedule


def _log(step: str, schedule: Schedule, *, user: User, **more: str) -> None:
    data = {
        "send_at": schedule.send_at.isoformat(),
        "time_zone": schedule.time_zone,
        "left_out": schedule.left_out,
        **more,
    }
    log(instance=schedule.issue, action=f"hub_newsletters.{step}", user=user, data=data)
