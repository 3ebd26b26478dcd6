"""Answers to own fields in requests and answers: typed, and read as the forms read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from django.utils.translation import gettext as _
from ninja.errors import ValidationError
from pydantic import Field, StrictBool

from newsletters.audience.own_fields.answers import PREFIX, AsksOwnFields
from newsletters.models import OwnField, OwnValue
from newsletters.models.audience import own_values

Answer = str | bool
Answers = dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=200)] | StrictBool]
MOST_ANSWERS = 20


def typed(own_values: Iterable[OwnValue]) -> dict[str, Answer]:
    """Return kept answers by the keys of their fields."""
    return {each.own_field.key: _typed(each) for each in own_values}


def _typed(own_value: OwnValue) -> Answer:
    if own_value.own_field.kind == OwnField.Kind.YES_NO:
        return own_value.value == own_values.YES
    return own_value.value


def own_values_of(answers: Mapping[str, Answer], *, asked: Iterable[OwnField], may_require: bool) -> dict[str, str]:
    """Return the answers to these fields as they are kept; raise ValidationError for wrong and unknown ones.

    `may_require` refuses missing answers, too, where a field has to be answered.
    """
    own_fields = {own_field.key: own_field for own_field in asked}
    problems = {key: _("The newsletter does not ask for this.") for key in answers if key not in own_fields}
    problems |= {
        key: _("The answer must be true or false.")
        if own_fields[key].kind == OwnField.Kind.YES_NO
        else _("The answer must be a text.")
        for key, answer in answers.items()
        if key in own_fields and isinstance(answer, bool) != (own_fields[key].kind == OwnField.Kind.YES_NO)
    }
    form = AsksOwnFields({f"{PREFIX}{key}": _written(answer) for key, answer in answers.items()})
    form.ask(own_fields.values(), may_require=may_require)
    found = {name.removeprefix(PREFIX): str(errors[0]) for name, errors in form.errors.items()}
    if wrong := found | problems:
        raise ValidationError([{"loc": ("body", "own_fields", key), "msg": words} for key, words in wrong.items()])
    return form.own_values()


def _written(answer: Answer) -> str:
    if isinstance(answer, bool):
        return own_values.YES if answer else own_values.NO
    return answer
