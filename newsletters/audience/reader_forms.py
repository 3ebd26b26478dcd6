"""The forms with which staff find readers, and do what readers ask them to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.forms import AddressField, ChoicesForm, NameForm
from newsletters.audience.own_fields.answers import AsksOwnFields
from newsletters.audience.own_fields.keep_answers import answers_of
from newsletters.audience.readers.conditions import Conditions, State
from newsletters.audience.segments.rules import read_forms
from newsletters.exceptions import BrokenSegment
from newsletters.models import (
    BulkChange,
    ConsentSource,
    Newsletter,
    OwnField,
    PersonNote,
    Segment,
    Subscriber,
    Subscription,
)

SOURCES = (
    ConsentSource.API,
    ConsentSource.SIGN_UP,
    ConsentSource.PERSON,
    ConsentSource.ADMIN,
    ConsentSource.SYSTEM,
    ConsentSource.IMPORT,
)


# Days that a calendar needs.
DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2200, 1, 1)))


class _ThemeField(forms.ModelChoiceField):
    """A theme, by its name in the reader's language."""

    def label_from_instance(self, obj: Theme) -> str:
        return obj.name_in(get_language() or "en")


class _SegmentField(forms.ModelChoiceField):
    """A segment, by its name and newsletter; one that cannot be read is refused."""

    def label_from_instance(self, obj: Segment) -> str:
        return f"{obj.name} ({obj.newsletter})"

    def clean(self, value: object) -> Segment | None:
        """Return the segment, or None if none was chosen."""
        segment: Segment | None = super().clean(value)
        if segment:
            try:
                read_forms(segment.freeze().conditions, newsletter=segment.newsletter)
            except BrokenSegment as error:
                raise forms.ValidationError(str(error)) from error
        return segment


class ReaderFilterForm(forms.Form):
    """Search and filters of the list of readers; all of them are optional."""

    q = forms.CharField(
        label=_("Address or first name, from its beginning"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    newsletter = forms.ModelChoiceField(
        queryset=Newsletter.objects.order_by("name"), label=_("Newsletter"), required=False, empty_label=_("All")
    )
    segment = _SegmentField(
        queryset=Segment.objects.select_related("newsletter"), label=_("Segment"), required=False, empty_label=_("All")
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *State.choices])
    language = forms.ModelChoiceField(
        queryset=Locale.objects.all(), label=_("Language"), required=False, empty_label=_("All")
    )
    theme = _ThemeField(
        queryset=Theme.objects.prefetch_related("names__locale"),
        label=_("Theme"),
        required=False,
        empty_label=_("All"),
    )
    source = forms.ChoiceField(
        label=_("Signed up through"),
        required=False,
        choices=[("", _("All")), *((source.value, source.label) for source in SOURCES)],
    )
    since = forms.DateField(
        label=_("State changed from"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("State changed until"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter_%s")

    def first_fields(self) -> list[forms.BoundField]:
        """Return the filters that are always shown."""
        return [self["q"], self["state"]]

    def more_fields(self) -> list[forms.BoundField]:
        """Return the filters that are folded away until they are wanted."""
        return [self[name] for name in self.fields if name not in {"q", "state"}]

    def has_more(self) -> bool:
        """Say whether one of the filters that are folded away was filled in."""
        return any(field.data or field.errors for field in self.more_fields())

    def clean_q(self) -> str:
        """Drop what no address and no name begins with."""
        return self.cleaned_data["q"].replace("\x00", "").strip()

    def conditions(self, *, keys: tuple[int, ...] = ()) -> Conditions:
        """Return the conditions; those that were filled in wrongly are left out, and the form says which."""
        self.full_clean()
        chosen = self.cleaned_data
        keyed = {name: chosen[name].pk for name in ("newsletter", "segment", "language", "theme") if chosen.get(name)}
        if segment := chosen.get("segment"):
            keyed.setdefault("newsletter", segment.newsletter_id)
        return Conditions(
            **keyed,
            words=chosen.get("q", ""),
            state=chosen.get("state", ""),
            source=chosen.get("source", ""),
            since=chosen.get("since"),
            until=chosen.get("until"),
            keys=keys,
        )

    def kept(self) -> dict[str, str]:
        """Return the filters that were filled in, as they stand in the address line."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}

    def query(self) -> str:
        """Return the same, encoded for an address."""
        return urlencode(self.kept())


class RenameForm(NameForm):
    """Change a reader's first name."""

    def __init__(self, data: Mapping[str, object]) -> None:
        super().__init__(data)
        self.fields["first_name"].label = _("First name")
        self.fields["first_name"].widget.attrs["autocomplete"] = "off"


class AnswersForm(AsksOwnFields):
    """Change a reader's answers to own fields; an empty one takes the answer away."""

    def __init__(self, data: QueryDict | None = None, *, subscriber: Subscriber) -> None:
        super().__init__(data)
        own_fields = list(OwnField.objects.with_words())
        self.ask(own_fields, kept=answers_of(subscriber) if own_fields else {})


class NoteForm(forms.Form):
    """Write down something about a reader."""

    text = forms.CharField(
        label=_("New note"),
        max_length=PersonNote.MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The reader may ask to see it. It is deleted when they are erased."),
    )


class StaffChoicesForm(ChoicesForm):
    """Change a reader's themes and language because they asked for it."""

    ground = forms.CharField(
        label=_("How do you know that they want this?"),
        max_length=255,
        help_text=_("For example: they called on 12 May. It is kept with the consent."),
    )


class BulkForm(forms.Form):
    """Confirm what is done for many readers at once.

    `seen` is the number that the page showed: if others match by now, they are shown before anything happens.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Why may we mail them again?"),
        max_length=255,
        help_text=_("For example: they called, their mailbox works again. It is kept with the consent."),
    )
    number = forms.IntegerField(
        label=_("Type the number of readers who are erased"), widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    def __init__(self, data: Mapping[str, object] | None, *, act: BulkChange.Act, people: int) -> None:
        super().__init__(data, initial={"seen": people})
        self.people = people
        if act != BulkChange.Act.RESTORE:
            del self.fields["note"]
        if act != BulkChange.Act.ERASE:
            del self.fields["number"]

    def clean_number(self) -> int:
        """Refuse another number than that of the readers."""
        number: int = self.cleaned_data["number"]
        if number != self.people:
            raise forms.ValidationError(_("It is another number."))
        return number

    def clean(self) -> dict[str, object]:
        """Refuse to go on with others than those who were shown."""
        cleaned = super().clean() or {}
        if cleaned.get("seen") != self.people:
            self.data = {**self.data, "seen": self.people}
            raise forms.ValidationError(_("By now other readers match. Look at the number again."))
        return cleaned


class AddressForm(forms.Form):
    """Look up one address."""

    email = AddressField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


class ExportForm(forms.Form):
    """Choose which readers to export, to what kind of file, and say why."""

    newsletter = forms.ModelChoiceField(queryset=Newsletter.objects.all(), label=_("Newsletter"), empty_label=None)
    segment = _SegmentField(
        queryset=Segment.objects.select_related("newsletter"), label=_("Segment"), required=False, empty_label=_("All")
    )
    status = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *Subscription.Status.choices])
    kind = forms.ChoiceField(label=_("File"), choices=[("csv", "CSV"), ("xlsx", "Excel (XLSX)")])
    why = forms.CharField(label=_("Why do you need it?"), max_length=255)

    def clean(self) -> dict[str, Any]:
        """Refuse a segment of another newsletter."""
        cleaned = super().clean() or {}
        newsletter, segment = cleaned.get("newsletter"), cleaned.get("segment")
        if newsletter and segment and segment.newsletter != newsletter:
            self.add_error("segment", _("The segment belongs to another newsletter."))
        return cleaned
