"""The form for scheduling an issue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cms.values.local_time import LocalTime, in_words
from newsletters.models import Schedule

FAR = timedelta(days=366)  # a later date is a typing error


class ScheduleForm(forms.Form):
    """A day and a time in the newsletter's time zone; asks which moment is meant where the clocks change."""

    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": _("Choose a day.")},
    )
    clock = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"required": _("Choose a time.")},
    )
    moment = forms.CharField(label=_("Which one"), required=False, widget=forms.RadioSelect)

    def __init__(
        self, data: QueryDict | None = None, *, zone: ZoneInfo, now: datetime, schedule: Schedule | None = None
    ) -> None:
        proposed = schedule.send_at if schedule and schedule.send_at > now else now + timedelta(days=1)
        local = proposed.astimezone(zone)
        clock = local.time() if schedule and schedule.send_at > now else local.time().replace(hour=9, minute=0)
        super().__init__(data, initial={"day": local.date(), "clock": clock})
        self.zone, self.now = zone, now
        self.asks_back = False

    def clean(self) -> dict[str, Any]:
        """Work out the moment and return it as `send_at`."""
        cleaned = super().clean() or {}
        if not (cleaned.get("day") and cleaned.get("clock")):
            return cleaned
        if abs(cleaned["day"] - self.now.astimezone(self.zone).date()) > FAR:
            self.add_error("day", _("This is more than a year away. Check the year."))
            return cleaned
        local = LocalTime(written=datetime.combine(cleaned["day"], cleaned["clock"]), zone=self.zone)
        meant = local.meant(self.data.get(self.add_prefix("moment"), ""))
        if meant is None:
            self.asks_back = True
            self.fields["moment"].widget.choices = local.choices
            self.add_error("moment", local.question)
        elif meant <= self.now:
            there = in_words(self.now, zone=self.zone)
            self.add_error("clock", _("This time has passed: it is now %(now)s.") % {"now": there})
        else:
            cleaned["send_at"] = meant
        return cleaned
