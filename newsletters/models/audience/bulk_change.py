"""What staff do for many readers at once, worked off in the background."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class BulkChange(models.Model):
    """One change for all readers whom conditions find; it knows how far it got, so that it goes on after a restart.

    Conditions and note may hold an address or a name: they are emptied when it ends.
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
    last_key = models.BigIntegerField()  # readers up to this key are still to do: whoever joins later is not meant
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
    def percent(self) -> int:
        """How much is done, of 100."""
        return 100 if self.finished_at else min(100, 100 * self.done // max(1, self.people))
