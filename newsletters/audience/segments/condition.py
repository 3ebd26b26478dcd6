"""What every kind of condition has: its fields, its words, and the readers that it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar, Self

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from newsletters.models import Condition, Newsletter


class ConditionForm(forms.Form):
    """The fields of one condition. Stored values are read through the same form, so nothing else is ever stored.

    A kind sets `kind` (its name in stored conditions, for ever) and `label`, and writes `words` and `q`, which may be
    asked of a valid form. A system check looks for what a kind lacks.

    `describes_people` says that a condition can be about one person, such as the domain of an address: then only those
    who may see addresses write and read it. Otherwise its count would tell everybody whether that person reads.
    """

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    describes_people: ClassVar[bool] = False

    def __init__(
        self,
        data: Mapping[str, object] | None = None,
        *,
        newsletter: Newsletter,
        prefix: str | None = None,
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix, initial=dict(initial or {}), use_required_attribute=False)
        self.newsletter = newsletter
        self.issue: int | None = None  # the primary key of the issue that the readers are to be sent
        self.offer()

    def offer(self) -> None:
        """Set the choices that depend on the newsletter or on what is in the database."""

    def words(self) -> str:
        """Return the condition as the end of a sentence about readers: "read in Dutch"."""
        raise NotImplementedError

    def q(self) -> Q:
        """Return the condition on subscriptions. It joins no table that may have several rows for a subscription."""
        raise NotImplementedError

    def as_typed(self) -> Self:
        """Return a form with the same answers that says nothing about mistakes in them."""
        typed = {name: self[name].value() for name in self.fields}
        return type(self)(newsletter=self.newsletter, prefix=self.prefix, initial=typed)

    @classmethod
    def lacks(cls) -> list[str]:
        """Return what a kind has to have and this one has not: it would fail only when somebody uses it."""
        unset = [name for name in ("kind", "label") if not getattr(cls, name, "")]
        return unset + [name for name in ("words", "q") if getattr(cls, name) is getattr(ConditionForm, name)]

    def condition(self) -> Condition:
        """Return what is stored of a valid form."""
        values = {name: self.cleaned_data[name] for name in self.fields}
        return Condition(kind=self.kind, values=json.loads(json.dumps(values, cls=DjangoJSONEncoder)))


def either(names: list[str]) -> str:
    """Return "A", "A or B", "A, B or C"."""
    *some, last = names
    return _("%(some)s or %(last)s") % {"some": ", ".join(some), "last": last} if some else last
