"""The state of the clock's jobs, shared by all clocks: what is due, and what is running."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q


class ClockEntry(models.Model):
    """A job of the clock, identified by its name.

    A time that is too far in the future was written while a machine's clock was wrong, and is ignored.
    """

    name = models.CharField(max_length=100, unique=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)  # set while a clock runs it

    class Meta:
        verbose_name = "clock entry"
        verbose_name_plural = "clock entries"

    def __str__(self) -> str:
        return self.name

    def take(self, *, every: timedelta, lease: timedelta, now: datetime) -> bool:
        """Take the job if it is due and no other clock runs it; return whether it was taken."""
        due = Q(due_at__lte=now) | Q(due_at__gt=now + every)
        is_free = Q(leased_until=None) | Q(leased_until__lt=now) | Q(leased_until__gt=now + lease)
        return bool(ClockEntry.objects.filter(due, is_free, pk=self.pk).update(leased_until=now + lease))

    def may_be_due(self, *, every: timedelta, now: datetime) -> bool:
        """Return whether it is worth trying to take the job."""
        return not now < self.due_at <= now + every

    def done(self, *, every: timedelta, now: datetime) -> None:
        """Record that the job has run now."""
        ClockEntry.objects.filter(pk=self.pk).update(leased_until=None, due_at=now + every)
