"""When an issue is to be sent: a time that somebody chose, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.values.local_time import in_words
from newsletters.models.dispatch import Dispatch
from newsletters.models.issue import IssuePage
from newsletters.values import reasons


class Schedule(models.Model):
    """An issue's time of sending. Moving it keeps the row; every step is in the audit log."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Scheduled")  # it is sent when its time comes
        STARTED = "started", _("Started")  # it became a dispatch
        WITHDRAWN = "withdrawn", _("Taken back")  # somebody took it back, or sent the issue by hand
        REFUSED = "refused", _("Not sent")  # its time came, but the issue could not be sent; `reason` says why
        MISSED = "missed", _("Missed")  # nothing ran to send it in time; a person decides

    issue = models.ForeignKey(IssuePage, on_delete=models.CASCADE, related_name="schedules")
    send_at = models.DateTimeField(_("time of sending"))
    time_zone = models.CharField(_("time zone"), max_length=64)  # in which the time was meant
    # The languages that the issue leaves out, as agreed when the time was chosen: the number of readers by code.
    left_out = models.JSONField(default=dict, blank=True, editable=False)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.WAITING)
    reason = models.TextField(_("reason"), blank=True)  # as newsletters.values.reasons keeps it
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    dispatch = models.OneToOneField(Dispatch, on_delete=models.SET_NULL, null=True, related_name="schedule")

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"],
                condition=models.Q(status="waiting"),
                name="hub_newsletters_one_time_per_issue",
            )
        ]
        indexes = [
            models.Index(fields=["send_at"], condition=models.Q(status="waiting"), name="hub_newsletters_scheduled")
        ]

    def __str__(self) -> str:
        return f"{self.issue} · {self.at}"

    def move(self, *, send_at: datetime, time_zone: str, left_out: dict[str, int], user: User) -> None:
        """Choose another time; whoever moves it becomes responsible for it."""
        self.send_at, self.time_zone, self.left_out, self.created_by = send_at, time_zone, left_out, user
        self.save(update_fields=["send_at", "time_zone", "left_out", "created_by"])

    def end(self, status: Status, *, was: Iterable[Status], now: datetime, reason: str = "") -> bool:
        """Settle it, unless it has changed since it was read; say whether it was settled."""
        mine = Schedule.objects.filter(pk=self.pk, status__in=was, send_at=self.send_at)
        ended = bool(mine.update(status=status, reason=reason, ended_at=now))
        if ended:
            self.status, self.reason, self.ended_at = status, reason, now
        return ended

    def note_dispatch(self, dispatch: Dispatch) -> None:
        """Record which dispatch it became."""
        self.dispatch = dispatch
        self.save(update_fields=["dispatch"])

    @property
    def why(self) -> str:
        """Why it was not sent, in the active language."""
        return reasons.in_words(self.reason)

    @property
    def at(self) -> str:
        """The time of sending in words, in its time zone."""
        return in_words(self.send_at, zone=ZoneInfo(self.time_zone))
