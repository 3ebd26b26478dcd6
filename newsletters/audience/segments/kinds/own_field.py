"""Readers by what they answered to an own field: each field is a kind of condition, made when it is needed."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from newsletters.audience.segments.condition import ConditionForm, either
from newsletters.models import Condition, OwnField, OwnValue
from newsletters.models.audience import own_values

PREFIX = "own-"  # of the kinds' names; the key of the field follows
KNOWN = [("known", gettext_lazy("is known")), ("unknown", gettext_lazy("is not known"))]
IS = [("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not, or is not known"))]


class OwnFieldCondition(ConditionForm):
    """Their answer is known, or it is not; each kind of field adds how answers are compared."""

    own_field: ClassVar[OwnField]

    how = forms.ChoiceField(label=gettext_lazy("Their answer"))

    def words(self) -> str:
        """Return "answered “Organisation” with School"."""
        words = {
            "is": _("answered “%(field)s” with %(answer)s"),
            "is_not": _("did not answer “%(field)s” with %(answer)s"),
            "before": _("answered “%(field)s” with a day before %(answer)s"),
            "since": _("answered “%(field)s” with %(answer)s or a later day"),
            "known": _("answered “%(field)s”"),
            "unknown": _("did not answer “%(field)s”"),
        }
        return words[self.how_it_is] % {"field": self.label, "answer": self.answer_in_words()}

    def q(self) -> Q:
        """Look for an answer of the subscriber's."""
        if self.how_it_is == "known":
            return self._answered()
        if self.how_it_is == "unknown":
            return ~self._answered()
        found = self._answered(**self.compared())
        return ~found if self.how_it_is == "is_not" else found

    @property
    def how_it_is(self) -> str:
        """How the answer is compared, in a valid form."""
        how: str = self.cleaned_data["how"]
        return how

    def compared(self) -> dict[str, object]:
        """Return the look-up that finds the answers meant."""
        return {}

    def answer_in_words(self) -> str:
        """Return the answers meant, in the active language."""
        return ""

    def require(self, name: str) -> None:
        """Refuse an empty field where answers are compared with it."""
        if self.cleaned_data.get("how") not in {"known", "unknown"} and not self.cleaned_data.get(name):
            self.add_error(name, ValidationError(_("Fill in with what their answer is compared.")))

    def _answered(self, **compared: object) -> Q:
        answers = OwnValue.objects.filter(subscriber=OuterRef("subscriber"), own_field=self.own_field, **compared)
        return Q(Exists(answers))


class TextCondition(OwnFieldCondition):
    """Their answer is this text, to the letter."""

    describes_people = True

    how = forms.ChoiceField(label=gettext_lazy("Their answer"), choices=[*IS, *KNOWN])
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        required=False,
        max_length=own_values.MOST_CHARACTERS,
        help_text=gettext_lazy("The whole answer as it is written, capitals included."),
    )

    def clean_answer(self) -> str:
        """Spell it as answers are kept."""
        return own_values.one_line(self.cleaned_data["answer"])

    def clean(self) -> None:
        """Require a text to compare with."""
        super().clean()
        self.require("answer")

    def compared(self) -> dict[str, object]:
        """Compare the whole text."""
        return {"value": self.cleaned_data["answer"]}

    def answer_in_words(self) -> str:
        """Return the text in quotation marks."""
        return _("“%(answer)s”") % {"answer": self.cleaned_data["answer"]}


class ChoiceCondition(OwnFieldCondition):
    """Their answer is one of these choices."""

    how = forms.ChoiceField(label=gettext_lazy("Their answer"), choices=[*IS, *KNOWN])
    answers = forms.MultipleChoiceField(
        label=gettext_lazy("One of these"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def offer(self) -> None:
        """Offer the choices, those too that are no longer offered to readers."""
        language = get_language() or ""
        self.labels = {choice.key: choice.label_in(language) for choice in self.own_field.choices.all()}
        self.fields["answers"].choices = list(self.labels.items())  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Require a choice to compare with."""
        super().clean()
        self.require("answers")

    def compared(self) -> dict[str, object]:
        """Compare with each of the choices."""
        return {"value__in": self.cleaned_data["answers"]}

    def answer_in_words(self) -> str:
        """Return "School or University"."""
        labels = [self.labels[key] for key in self.cleaned_data["answers"]]
        return either(labels) if labels else ""


class DateCondition(OwnFieldCondition):
    """Their answer is a day before another, or that day and later."""

    describes_people = True

    how = forms.ChoiceField(
        label=gettext_lazy("Their answer"),
        choices=[
            ("before", gettext_lazy("is before this day")),
            ("since", gettext_lazy("is this day or later")),
            ("is", gettext_lazy("is this day")),
            *KNOWN,
        ],
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> None:
        """Require a day to compare with."""
        super().clean()
        self.require("day")

    def compared(self) -> dict[str, object]:
        """Compare the texts: their order is that of the days."""
        day: date = self.cleaned_data["day"]
        look_up = {"before": "value__lt", "since": "value__gte", "is": "value"}[self.how_it_is]
        return {look_up: day.isoformat()}

    def answer_in_words(self) -> str:
        """Return "1 March 2026"."""
        day: date | None = self.cleaned_data.get("day")
        return date_format(day, "j F Y") if day else ""


class YesNoCondition(OwnFieldCondition):
    """Their answer is yes, or it is no."""

    how = forms.ChoiceField(
        label=gettext_lazy("Their answer"),
        choices=[(own_values.YES, gettext_lazy("is yes")), (own_values.NO, gettext_lazy("is no")), *KNOWN],
    )

    @property
    def how_it_is(self) -> str:
        """Whether it is compared at all."""
        how = super().how_it_is
        return "is" if how in {own_values.YES, own_values.NO} else how

    def compared(self) -> dict[str, object]:
        """Compare with the answer that was chosen."""
        return {"value": self.cleaned_data["how"]}

    def answer_in_words(self) -> str:
        """Return "Yes"."""
        return _("Yes") if self.cleaned_data["how"] == own_values.YES else _("No")


_CONDITIONS: dict[str, type[OwnFieldCondition]] = {
    OwnField.Kind.TEXT: TextCondition,
    OwnField.Kind.CHOICE: ChoiceCondition,
    OwnField.Kind.DATE: DateCondition,
    OwnField.Kind.YES_NO: YesNoCondition,
}


def own_kinds(*, key: str | None = None) -> dict[str, type[ConditionForm]]:
    """Return the kinds of conditions on own fields by their names, or only the one on the field with this key."""
    found = OwnField.objects.with_words()
    own_fields = found if key is None else found.filter(key=key)
    return {f"{PREFIX}{own_field.key}": _kind_of(own_field) for own_field in own_fields}


def _kind_of(own_field: OwnField) -> type[OwnFieldCondition]:
    base = _CONDITIONS[own_field.kind]
    attributes = {"kind": f"{PREFIX}{own_field.key}", "label": str(own_field), "own_field": own_field}
    return type(base.__name__, (base,), attributes)


def is_about(condition: Condition, own_field: OwnField) -> bool:
    """Say whether the condition is one on this field."""
    return condition.kind == f"{PREFIX}{own_field.key}"
