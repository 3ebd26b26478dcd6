"""Dates with times in the admin's forms: when the clocks go forward or back, the form asks which time is meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminDateTimeInput

from cms.values.local_time import LocalTime

AMBIGUOUS = "ambiguous_timezone"  # Django's code for a time that occurs twice, or not at all


class WrittenMoment(str):
    """The text that a user entered, and which of its possible moments they chose."""

    chosen = ""


class MomentInput(AdminDateTimeInput):
    """Wagtail's widget for a date and a time, followed by the moments to choose from if the time is ambiguous."""

    template_name = "cms/moment_input.html"
    zone: ZoneInfo | None = None  # if it is not the current one

    @classmethod
    def like(cls, widget: AdminDateTimeInput) -> MomentInput:
        """Return an input that looks like `widget`: Wagtail's own panels bring theirs."""
        selector = widget.js_overlay_parent_selector
        return cls(attrs=widget.attrs, format=widget.format, js_overlay_parent_selector=selector)

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> str | datetime | None:
        """Return the text that was entered, with the chosen moment."""
        written: str | datetime | None = super().value_from_datadict(data, files, name)
        if not isinstance(written, str):
            return written
        moment = WrittenMoment(written)
        moment.chosen = data.get(f"{name}-moment", "")
        return moment

    def get_context(
        self, name: str, value: str | datetime | None, attrs: Mapping[str, object] | None
    ) -> dict[str, Any]:
        """Add the moments if there are several; a stored time selects its own."""
        with timezone.override(self.zone or timezone.get_current_timezone()):
            context: dict[str, Any] = super().get_context(name, value, attrs)
            written, chosen = _read(value)
            zone = timezone.get_current_timezone()
            local = LocalTime(written=written, zone=zone) if written and isinstance(zone, ZoneInfo) else None
            if local and local.question:
                choices = [{"value": key, "label": label, "is_chosen": key == chosen} for key, label in local.choices]
                context["widget"]["moments"] = choices
            return context

    @property
    def media(self) -> forms.Media:
        """Wagtail's script, and the style of the moments."""
        return super().media + forms.Media(css={"all": ["cms/moments.css"]})


def _read(value: str | datetime | None) -> tuple[datetime | None, str]:
    """Return a time without a zone, and the key of its moment: the stored one (by its `fold`) or the chosen one."""
    if isinstance(value, datetime):
        shown = value.replace(second=0, microsecond=0)
        moment = shown.replace(tzinfo=timezone.get_current_timezone()).astimezone(UTC)
        return shown.replace(tzinfo=None, fold=0), moment.isoformat()
    try:
        forms.DateTimeField().to_python(value)
    except ValidationError as error:
        return (error.params or {}).get("datetime"), getattr(value, "chosen", "")
    return None, ""


class MomentField(forms.DateTimeField):
    """A date and a time in the current time zone, or in one that the form sets, as a moment in UTC."""

    widget = MomentInput
    zone: ZoneInfo | None = None

    def __init__(
        self,
        *,
        widget: forms.Widget | type[forms.Widget] | None = None,
        **kwargs: Any,  # noqa: ANN401 - the options of any field
    ) -> None:
        super().__init__(widget=MomentInput.like(widget) if type(widget) is AdminDateTimeInput else widget, **kwargs)

    def stay_in(self, zone: ZoneInfo) -> None:
        """Read and show times in `zone`, whatever the current time zone is."""
        self.zone = zone
        if isinstance(self.widget, MomentInput):
            self.widget.zone = zone

    def prepare_value(self, value: object) -> object:
        """Return a stored moment as a local time."""
        with timezone.override(self.zone or timezone.get_current_timezone()):
            return super().prepare_value(value)

    def to_python(self, value: str | datetime | date | None) -> datetime | None:
        """Return the moment; raise ValidationError with the choices if the time is ambiguous or does not exist."""
        with timezone.override(self.zone or timezone.get_current_timezone()):
            return self._in_zone(value)

    def _in_zone(self, value: str | datetime | date | None) -> datetime | None:
        try:
            moment = super().to_python(value)
        except ValidationError as error:
            if error.code != AMBIGUOUS:
                raise
            return _choose((error.params or {})["datetime"], chosen=getattr(value, "chosen", ""))
        return moment.astimezone(UTC) if moment else None


def _choose(written: datetime, *, chosen: str) -> datetime:
    zone = timezone.get_current_timezone()
    if not isinstance(zone, ZoneInfo):  # a fixed offset from UTC has no such times
        return from_current_timezone(written)
    local = LocalTime(written=written, zone=zone)
    meant = local.meant(chosen)
    if meant is None:
        params = {"question": local.question, "moments": "; ".join(label for _key, label in local.choices)}
        message = _("%(question)s Choose one: %(moments)s.")
        raise ValidationError(message, code=AMBIGUOUS, params=params)
    return meant


def connect() -> None:
    """Use the field in all of Wagtail's forms; called once, when the app is ready."""
    register_form_field_override(models.DateTimeField, override={"form_class": MomentField, "widget": MomentInput})
