"""Ask for own fields in a form, and read the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from newsletters.models import OwnField
from newsletters.models.audience import own_values

PREFIX = "own-"  # of the fields' names in forms and in the columns of imports
Kind = OwnField.Kind


class AnswerField(forms.Field):
    """One own field, in the active language; its answer is read as OwnField spells it."""

    def __init__(self, own_field: OwnField, *, kept: str = "", is_required: bool = False) -> None:
        language = get_language() or ""
        self.own_field, self.choices = own_field, own_field.choice_labels(language, kept=kept)
        super().__init__(
            label=own_field.label_in(language),
            help_text=own_field.help_in(language),
            required=is_required,
            initial=kept,
            widget=self._widget(),
        )

    def _widget(self) -> forms.Widget:
        if self.own_field.kind == Kind.DATE:
            return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        if self.own_field.kind == Kind.CHOICE:
            return forms.Select(choices=[("", "–"), *self.choices.items()])
        if self.own_field.kind == Kind.YES_NO:
            return forms.Select(choices=[("", "–"), (own_values.YES, _("Yes")), (own_values.NO, _("No"))])
        return forms.TextInput(attrs={"maxlength": own_values.MOST_CHARACTERS})

    def to_python(self, value: object) -> str:
        """Return the answer as it is kept; refuse a choice that is not offered."""
        answer = self.own_field.read(value if isinstance(value, str) else "")
        if answer and self.own_field.kind == Kind.CHOICE and answer not in self.choices:
            raise ValidationError(_("Choose one of the choices that are offered."))
        return answer


class AsksOwnFields(forms.Form):
    """A form that asks for own fields besides its other ones."""

    def ask(
        self, own_fields: Iterable[OwnField], *, kept: Mapping[str, str] | None = None, may_require: bool = False
    ) -> None:
        """Add the fields; `kept` are the answers by key that the reader has, `may_require` asks for what must be."""
        self.asked = {f"{PREFIX}{own_field.key}": own_field for own_field in own_fields}
        self.kept, shows_kept = kept or {}, kept is not None
        for name, own_field in self.asked.items():
            is_required = may_require and own_field.is_required
            field = AnswerField(own_field, kept=self.kept.get(own_field.key, ""), is_required=is_required)
            if may_require and not is_required:
                field.label = _("%(label)s (if you like)") % {"label": field.label}
            field.show_hidden_initial = shows_kept
            self.fields[name] = field

    def own_fields(self) -> Iterator[forms.BoundField]:
        """Return the fields that were added."""
        return (self[name] for name in self.asked)

    def kept_in_words(self) -> list[tuple[str, str]]:
        """Return the labels of the fields with the answers that the reader has, empty where there is none."""
        language = get_language() or ""
        return [
            (each.label_in(language), each.in_words(answer, language) if (answer := self.kept.get(each.key)) else "")
            for each in self.asked.values()
        ]

    def own_values(self) -> dict[str, str]:
        """Return the answers of a valid form by key, empty where there is none.

        What the form was not asked about is left out: somebody may have defined the field since the page was loaded.
        So is what stands as the page showed it: somebody may have changed that answer since.
        """
        return {
            own_field.key: self.cleaned_data[name]
            for name, own_field in self.asked.items()
            if name in self.data and self.data[name] != self.data.get(self[name].html_initial_name)
        }
