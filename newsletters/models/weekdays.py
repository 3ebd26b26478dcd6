"""Days of the week as a field: stored as their ISO numbers (`"12345"`), chosen with check boxes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst

CHOICES = [(str(number + 1), name) for number, name in WEEKDAYS.items()]


class WeekdaysFormField(forms.MultipleChoiceField):
    """Check boxes for the days; gives and takes the stored string."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return list(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or "") != set(data or "")


class WeekdaysField(models.CharField):
    """ISO numbers of days of the week, Monday being 1; empty means every day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"max_length": 7})

    def formfield(self, **kwargs: Any) -> Any:
        return WeekdaysFormField(
            choices=CHOICES, required=not self.blank, label=capfirst(self.verbose_name), help_text=self.help_text
        )
