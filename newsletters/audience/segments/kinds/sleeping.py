"""Readers of whom nothing has been heard for long, or the others."""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.sleeping import asleep
from newsletters.conf import conf


class SleepingCondition(ConditionForm):
    """They have given no sign of life for long though mails arrive, or they have."""

    kind = "sleeping"
    label = gettext_lazy("Sleeping")

    sleeping = forms.ChoiceField(
        label=gettext_lazy("They are"),
        choices=[
            ("yes", gettext_lazy("sleeping: no sign of life for long, though mails arrive")),
            ("no", gettext_lazy("not sleeping")),
        ],
        help_text=gettext_lazy("A sign of life is to confirm, choose, pause or answer. Nobody sees who opens a mail."),
    )

    def words(self) -> str:
        """Return "have given no sign of life for 36 months"."""
        if self.cleaned_data["sleeping"] == "no":
            return _("are not sleeping")
        months = conf.SLEEPING_MONTHS
        words = ngettext(
            "have given no sign of life for %(months)s month",
            "have given no sign of life for %(months)s months",
            months,
        )
        return words % {"months": months}

    def q(self) -> Q:
        """Compare the last sign of life, and look for a mail that arrived since."""
        sleeping = asleep(now=timezone.now())
        return sleeping if self.cleaned_data["sleeping"] == "yes" else ~sleeping
