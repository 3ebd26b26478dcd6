"""The form that asks which pages an editor wants to choose from."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from taggit.forms import TagField
from taggit.models import Tag
from wagtail.admin.widgets import AdminDateInput, AdminTagWidget

from cms.models import Theme
from cms.plugins.registry import page_types, story_cards
from newsletters.issues.candidates import Narrowing, Window

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)  # beyond these, time zones leave Python's calendar
IN_REACH = (MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY))


class GatherForm(forms.Form):
    """Period, themes, tags and types; days are whole days in the editor's time zone.

    A day that was not changed means the proposed moment, so that "since the last issue" is exact.
    """

    since = forms.DateField(label=_("Published from"), required=False, widget=AdminDateInput, validators=IN_REACH)
    until = forms.DateField(label=_("Until and including"), required=False, widget=AdminDateInput, validators=IN_REACH)
    themes = forms.MultipleChoiceField(label=_("Themes"), required=False, widget=forms.CheckboxSelectMultiple)
    types = forms.MultipleChoiceField(label=_("Kinds of pages"), required=False, widget=forms.CheckboxSelectMultiple)
    tags = TagField(label=_("Tags"), required=False, widget=AdminTagWidget(free_tagging=False))

    def __init__(self, data: QueryDict, *, window: Window, narrowing: Narrowing) -> None:
        self.window, self.narrowing = window, narrowing
        tags = Tag.objects.filter(slug__in=narrowing.tags).values_list("name", flat=True) if narrowing.tags else ()
        initial = {
            "since": _day(window.since),
            "until": _day(window.until),
            "themes": sorted(narrowing.themes),
            "tags": ", ".join(f'"{name}"' for name in tags),
        }
        super().__init__(data or None, initial=initial)
        fields: dict[str, Any] = self.fields
        fields["themes"].choices = [(t.slug, str(t)) for t in Theme.objects.prefetch_related("names__locale")]
        fields["types"].choices = [
            (kind.type, capfirst(model._meta.verbose_name_plural))
            for model, kind in page_types().items()
            if kind.type in story_cards()
        ]

    def clean(self) -> dict[str, Any]:
        """Check that the period does not end before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first day."))
        return cleaned

    def asked(self) -> tuple[Window, Narrowing]:
        """Return the window and the narrowing asked for; those proposed if the form is new or invalid."""
        if not self.is_bound or not self.is_valid():
            return self.window, self.narrowing
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        window = Window(
            since=self.window.since if since == _day(self.window.since) else since and _start_of(since),
            until=_start_of(until + timedelta(1)) if until and until != _day(self.window.until) else self.window.until,
        )
        names = self.cleaned_data["tags"]
        known = dict(Tag.objects.filter(name__in=names).values_list("name", "slug")) if names else {}
        return window, Narrowing(
            themes=frozenset(self.cleaned_data["themes"]),
            types=frozenset(self.cleaned_data["types"]),
            tags=frozenset(known.get(name, name) for name in names),  # an unknown tag has no pages
        )


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
