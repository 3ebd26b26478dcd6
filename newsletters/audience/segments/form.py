"""The form of a segment: its name, and a row of fields for each condition, added and removed one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.kinds import condition_kinds
from newsletters.models import Condition, FrozenSegment, Newsletter, Segment
from newsletters.models.audience.recipients import read_conditions

MOST_CONDITIONS = 20


class SegmentForm(forms.ModelForm):
    """A segment's name, whether readers meet all conditions or any, and the conditions.

    Each condition is a form of its own in `rows`. Its prefix is its kind and a number, and the hidden fields `row` list
    the prefixes in their order. With `may_describe_people` it offers the kinds that can be about one person, too.
    """

    class Meta:
        model = Segment
        fields = ["name", "match"]
        widgets = {"match": forms.RadioSelect}

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        instance: Segment,
        may_describe_people: bool,
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, instance=instance, initial=dict(initial or {}))
        self.newsletter: Newsletter = instance.newsletter
        self.may_describe_people = may_describe_people
        self.kinds = {
            name: kind for name, kind in condition_kinds().items() if may_describe_people or not kind.describes_people
        }
        self.fields["name"].help_text = _("What people call it when they choose it, for example “New readers”.")
        self.rows = self._posted(data) if data is not None else self._stored(read_conditions(instance.conditions))

    def _posted(self, data: QueryDict) -> list[ConditionForm]:
        prefixes = dict.fromkeys(data.getlist("row")[:MOST_CONDITIONS])
        parts = {prefix: prefix.rpartition("-") for prefix in prefixes}
        return [
            self.kinds[kind](data, newsletter=self.newsletter, prefix=prefix)
            for prefix, (kind, _dash, number) in parts.items()
            if kind in self.kinds and number.isdecimal()
        ]

    def _stored(self, conditions: Iterable[Condition]) -> list[ConditionForm]:
        return [
            self.kinds[condition.kind](
                newsletter=self.newsletter, prefix=f"{condition.kind}-{number}", initial=condition.values
            )
            for number, condition in enumerate(conditions)
            if condition.kind in self.kinds
        ]

    def clean_name(self) -> str:
        """Refuse a name that another segment of the newsletter has."""
        name: str = self.cleaned_data["name"]
        others = Segment.objects.filter(newsletter=self.newsletter, name=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("This newsletter already has a segment with this name."))
        return name

    def clean(self) -> dict[str, object]:
        """Refuse a segment without conditions, or with one that is not filled in."""
        if not self.rows:
            raise forms.ValidationError(_("Add at least one condition."))
        if not self.has_valid_rows:
            raise forms.ValidationError(_("Fill in every condition, or remove it."))
        return super().clean() or {}

    @cached_property
    def has_valid_rows(self) -> bool:
        """Whether there are conditions, and every one is filled in."""
        return bool(self.rows) and all(row.is_valid() for row in self.rows)

    def conditions(self) -> tuple[Condition, ...]:
        """Return the conditions; `has_valid_rows` says whether they can be read."""
        return tuple(row.condition() for row in self.rows)

    def as_filled_in(self) -> FrozenSegment:
        """Return the segment as it would be now; for a form with valid rows."""
        match = self["match"].value()
        return FrozenSegment(
            key=self.instance.pk or 0,
            newsletter=self.newsletter.pk,
            name="",
            match=match if match in Segment.Match.values else Segment.Match.ALL,
            conditions=self.conditions(),
        )

    def change_rows(self, *, add: str = "", remove: str = "") -> Self:
        """Return the form with an empty condition of the kind `add`, or without the row with the prefix `remove`.

        What was typed stays, and is not complained about yet.
        """
        typed = {name: value for name in self.fields if (value := self[name].value())}
        form = type(self)(instance=self.instance, may_describe_people=self.may_describe_people, initial=typed)
        form.rows = [row.as_typed() for row in self.rows if row.prefix != remove]
        if add in self.kinds and len(form.rows) < MOST_CONDITIONS:
            taken = {row.prefix for row in form.rows}
            free = next(prefix for n in range(MOST_CONDITIONS) if (prefix := f"{add}-{n}") not in taken)
            form.rows.append(self.kinds[add](newsletter=self.newsletter, prefix=free))
        return form
