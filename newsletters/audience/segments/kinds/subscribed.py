"""Readers by the day on which their subscription last became active."""

from __future__ import annotations

from datetime import date, datetime, time

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletters.audience.segments.condition import ConditionForm


class SubscribedCondition(ConditionForm):
    """They have been subscribed since a day, that day included, or since before it.

    Whoever left and came back, or was set aside and restored, has been subscribed since that day.
    """

    kind = "subscribed"
    label = gettext_lazy("When they subscribed")

    when = forms.ChoiceField(
        label=gettext_lazy("They subscribed"),
        choices=[("since", gettext_lazy("on this day or later")), ("before", gettext_lazy("before this day"))],
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2200, 1, 1))],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def words(self) -> str:
        """Return "subscribed since 1 March 2026"."""
        words = {
            "since": _("subscribed on %(day)s or later"),
            "before": _("subscribed before %(day)s"),
        }
        return words[self.cleaned_data["when"]] % {"day": date_format(self.cleaned_data["day"], "j F Y")}

    def q(self) -> Q:
        """Compare the moment of the last change of status with the start of the day, where the newsletter is."""
        start = datetime.combine(self.cleaned_data["day"], time.min, tzinfo=self.newsletter.zone)
        is_since = self.cleaned_data["when"] == "since"
        return Q(status_changed_at__gte=start) if is_since else Q(status_changed_at__lt=start)
