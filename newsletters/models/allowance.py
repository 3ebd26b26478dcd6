"""What was sent lately, so that all workers together keep to a newsletter's rate limits and to the mail server's."""

from __future__ import annotations

from django.db import models


class Allowance(models.Model):
    """A row per newsletter with rate limits, and one for all newsletters; a worker locks it to reserve send slots."""

    scope = models.CharField(max_length=40, unique=True)  # "newsletter 7" or "all"
    free_at = models.DateTimeField(null=True)  # when the next mail may be sent, by the limits per second and per minute
    day = models.DateField(null=True)  # the last day on which something was sent, in the newsletter's time zone
    sent_on_day = models.PositiveIntegerField(default=0)
    warm_up_day = models.PositiveSmallIntegerField(
        default=0
    )  # the number of that day among the days of sending, from 1

    def __str__(self) -> str:
        return self.scope


class SendingCount(models.Model):
    """How many mails were reserved within one minute; kept for as long as the limit per day looks back."""

    allowance = models.ForeignKey(Allowance, on_delete=models.CASCADE, related_name="counts", db_index=False)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["allowance", "minute"], name="hub_newsletters_one_count_per_minute")
        ]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.count}"
