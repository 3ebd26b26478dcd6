"""Readers whose first name is known, or not."""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletters.audience.segments.condition import ConditionForm


class FirstNameCondition(ConditionForm):
    """Their first name is known, or it is not."""

    kind = "first_name"
    label = gettext_lazy("First name")

    first_name = forms.ChoiceField(
        label=gettext_lazy("Their first name"),
        choices=[("known", gettext_lazy("is known")), ("unknown", gettext_lazy("is not known"))],
    )

    def words(self) -> str:
        """Return "have a first name that is known"."""
        if self.cleaned_data["first_name"] == "known":
            return _("have told us their first name")
        return _("have not told us their first name")

    def q(self) -> Q:
        """Look at the subscriber."""
        is_unknown = Q(subscriber__first_name="")
        return is_unknown if self.cleaned_data["first_name"] == "unknown" else ~is_unknown
