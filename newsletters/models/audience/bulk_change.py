"""What staff do for many readers at once, worked off in the background."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class BulkChange(models.Model):
    """One change for the readers whom conditions found when it was confirmed; its pieces say who, and how far it got.

    Conditions and note may hold an address or a name: they are emptied when it ends. It is undone piece by piece, too:
    then `is_undone` is set, and `finished_at` is empty again until it was undone to the end.
    """

    class Act(models.TextChoices):
        END = "end", _("End subscriptions")
        RESTORE = "restore", _("Send to them again")
        ERASE = "erase", _("Erase")

    act = models.CharField(_("what is done"), max_length=8, choices=Act.choices)
    conditions = models.JSONField(default=dict)
    note = models.CharField(_("note"), max_length=255, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("member of staff"),
    )
    people = models.PositiveIntegerField(_("readers"))  # as many as were confirmed
    done = models.PositiveIntegerField(_("done"), default=0)
    is_undone = models.BooleanField(default=False)
    undone = models.PositiveIntegerField(_("undone"), default=0)  # subscriptions that are as they were before
    kept = models.PositiveIntegerField(
        _("kept"), default=0
    )  # subscriptions that were left alone, as they changed since
    worked_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True)
    is_stopped = models.BooleanField(default=False)  # before its end, because the user may not do this any more

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        indexes = [
            models.Index(
                fields=["worked_at"], condition=models.Q(finished_at=None), name="hub_newsletters_bulk_going_on"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_act_display()}"

    @property
    def unmatched(self) -> int:
        """How many readers did not match any more when it was their turn, and stayed as they were."""
        return self.people - self.done if self.finished_at and not self.is_stopped else 0

    @property
    def percent(self) -> int:
        """How much is done, of 100."""
        return 100 if self.finished_at else min(100, 100 * self.done // max(1, self.people))


class BulkPiece(models.Model):
    """Some of the readers of a bulk change, and what undoing it needs; primary keys only, which name nobody."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    readers = models.JSONField()  # their primary keys
    before = models.JSONField(default=list)  # of each subscription that was changed: key, status, since when
    done_at = models.DateTimeField(null=True)  # whatever happened later was done by somebody else

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "number"], name="hub_newsletters_one_bulk_piece")]

    def __str__(self) -> str:
        return f"{self.change_id}/{self.number}"
