"""Answers to own fields in a request to subscribe: typed, and read as the forms read them."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import translation
from ninja.errors import ValidationError

from newsletters.audience.own_fields.answers import PREFIX, AsksOwnFields
from newsletters.models import Newsletter, OwnField
from newsletters.models.audience import own_values

Answer = str | bool


def own_values_of(answers: Mapping[str, Answer], *, newsletter: Newsletter) -> dict[str, str]:
    """Return the answers as they are kept; raise ValidationError for wrong, missing and unknown ones."""
    own_fields = {own_field.key: own_field for own_field in OwnField.objects.asked_by(newsletter)}
    problems = {key: "The newsletter does not ask for this." for key in answers if key not in own_fields}
    problems |= {
        key: "The answer must be true or false."
        if own_fields[key].kind == OwnField.Kind.YES_NO
        else "The answer must be a text."
        for key, answer in answers.items()
        if key in own_fields and isinstance(answer, bool) != (own_fields[key].kind == OwnField.Kind.YES_NO)
    }
    form = AsksOwnFields({f"{PREFIX}{key}": _written(answer) for key, answer in answers.items()})
    form.ask(own_fields.values(), may_require=True)
    with translation.override("en"):
        found = {name.removeprefix(PREFIX): str(errors[0]) for name, errors in form.errors.items()}
    if wrong := found | problems:
        raise ValidationError([{"loc": ("body", "own_fields", key), "msg": words} for key, words in wrong.items()])
    return form.own_values()


def _written(answer: Answer) -> str:
    if isinstance(answer, bool):
        return own_values.YES if answer else own_values.NO
    return answer
