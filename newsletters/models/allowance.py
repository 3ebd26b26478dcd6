"""What was sent lately, so that all workers together keep to a newsletter's speed and to the mail server's."""

from __future__ import annotations

from django.db import models


class Allowance(models.Model):
    """One row for each newsletter with a speed, and one for all together; workers lock it while they take from it."""

    scope = models.CharField(max_length=40, unique=True)  # "newsletter 7" or "all"
    free_at = models.DateTimeField(null=True)  # when the next mail may go, by the speed per second and per minute
    day = models.DateField(null=True)  # the last day on which something was sent, in the newsletter's time zone
    sent_on_day = models.PositiveIntegerField(default=0)
    warm_up_day = models.PositiveSmallIntegerField(default=0)  # the how-manieth day of sending that was

    def __str__(self) -> str:
        return self.scope


class SendingCount(models.Model):
    """How many mails were taken up within one minute; kept for as long as the speed per day looks back."""

    allowance = models.ForeignKey(Allowance, on_delete=models.CASCADE, related_name="counts", db_index=False)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["allowance", "minute"], name="hub_newsletters_one_count_per_minute")
        ]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.count}"
