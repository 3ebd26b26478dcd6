"""Days of the week as a field: stored as their ISO numbers (`"12345"`), chosen with check boxes."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst

CHOICES = [(str(number + 1), name) for number, name in WEEKDAYS.items()]


class WeekdaysFormField(forms.MultipleChoiceField):
    """Check boxes for the days; takes and returns the stored string."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: object) -> object:
        return list(value) if isinstance(value, str) else value

    def clean(self, value: object) -> str:
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: Iterable[str] | None, data: Iterable[str] | None) -> bool:
        return set(initial or "") != set(data or "")


class WeekdaysField(models.CharField):
    """ISO numbers of days of the week, Monday being 1; empty means every day."""

    def formfield(self, **_kwargs: object) -> WeekdaysFormField:
        return WeekdaysFormField(
            choices=CHOICES, required=not self.blank, label=capfirst(self.verbose_name), help_text=self.help_text
        )
