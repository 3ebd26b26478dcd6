"""How fast, when, and with what care a newsletter sends: fields of `Newsletter`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletters.models.weekdays import WeekdaysField

AT_LEAST_ONE = [MinValueValidator(1)]


class SendingSpeed(models.Model):
    """Limits that all workers together keep to; an empty field sets no limit."""

    most_per_second = models.PositiveIntegerField(_("mails per second"), null=True, blank=True, validators=AT_LEAST_ONE)
    most_per_minute = models.PositiveIntegerField(_("mails per minute"), null=True, blank=True, validators=AT_LEAST_ONE)
    most_per_hour = models.PositiveIntegerField(
        _("mails per hour"), null=True, blank=True, validators=AT_LEAST_ONE, help_text=_("In any 60 minutes.")
    )
    most_per_day = models.PositiveIntegerField(
        _("mails per day"), null=True, blank=True, validators=AT_LEAST_ONE, help_text=_("In any 24 hours.")
    )
    send_from = models.TimeField(_("send from"), null=True, blank=True)
    send_until = models.TimeField(
        _("until"), null=True, blank=True, help_text=_("If earlier than the start: until that time on the next day.")
    )
    send_on = WeekdaysField(
        _("on these days"), max_length=7, blank=True, default="", help_text=_("None chosen: every day.")
    )
    warm_up_first_day = models.PositiveIntegerField(
        _("mails on the first day"),
        null=True,
        blank=True,
        validators=AT_LEAST_ONE,
        help_text=_("For a sender that mail servers do not know yet. If empty: no warm-up."),
    )
    warm_up_growth = models.DecimalField(
        _("times as many on each following day"),
        max_digits=4,
        decimal_places=2,
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("Only days on which something is sent count."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.send_from is not None and self.send_from == self.send_until:
            raise ValidationError({"send_until": _("Choose a time other than the start, or leave both empty.")})

    def warm_up_limit(self, day: int) -> int | None:
        """Return how many mails the warm-up allows on its day number `day`, from 1; None if there is no warm-up."""
        if self.warm_up_first_day is None:
            return None
        growth = float(self.warm_up_growth) ** (min(day, 400) - 1)
        return int(min(self.warm_up_first_day * growth, 10**9))
