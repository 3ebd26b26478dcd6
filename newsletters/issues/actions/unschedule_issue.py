"""Take an issue off the schedule."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from newsletters.exceptions import ScheduleRefused
from newsletters.models import IssuePage, Schedule
from newsletters.publications.permissions import require


@transaction.atomic
def unschedule_issue(issue: IssuePage, *, user: User, now: datetime) -> None:
    """End the schedule, also one that was refused or missed, so that staff are no longer reminded of it.

    Raises ScheduleRefused if there is none, or if the sending has just started.
    """
    require(user, "send", issue.newsletter)
    schedule = Schedule.objects.filter(issue=issue).first()
    open_states = [Schedule.Status.WAITING, Schedule.Status.REFUSED, Schedule.Status.MISSED]
    if schedule is None or not schedule.end(Schedule.Status.WITHDRAWN, was=open_states, now=now):
        raise ScheduleRefused(_("This issue is not scheduled any more."))
    data = {"send_at": schedule.send_at.isoformat(), "time_zone": schedule.time_zone}
    log(instance=issue, action="hub_newsletters.unschedule", user=user, data=data)
