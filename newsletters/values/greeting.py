"""How an issue greets its reader: by first name, or with words for those who gave none, and by own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

NAME = "{name}"
NOBODY: Mapping[str, str] = MappingProxyType({})
# An own field, with the word for readers who have not answered: {organisation|your organisation}.
_OWN_FIELD = re.compile(r"\{(?P<key>[a-z][a-z0-9_]*)\|(?P<fallback>[^{}|]+)\}")
_PLACEHOLDER = re.compile(rf"{re.escape(NAME)}|{_OWN_FIELD.pattern}")


def check_greeting(value: str) -> None:
    """Raise ValidationError if it has a placeholder other than {name} and own fields, or an unmatched brace."""
    rest = _PLACEHOLDER.sub("", value)
    if unknown := re.findall(r"\{[^{}]*\}", rest):
        words = _(
            "There is no placeholder %(wrong)s, only {name} and own fields with a word for readers without an answer: "
            "{organisation|your organisation}."
        )
        raise ValidationError(words % {"wrong": ", ".join(unknown)})
    if "{" in rest or "}" in rest:
        raise ValidationError(_("There is an unmatched brace. Write {name} where the first name goes."))


def check_without_name(value: str) -> None:
    """Raise ValidationError if it has a placeholder other than own fields (the name is not known) or a single brace."""
    rest = _OWN_FIELD.sub("", value)
    if NAME in rest:
        raise ValidationError(_("Write it without {name}: it is for readers whose name is not known."))
    if unknown := re.findall(r"\{[^{}]*\}", rest):
        words = _(
            "There is no placeholder %(wrong)s here, only own fields with a word for readers without an answer: "
            "{organisation|your organisation}."
        )
        raise ValidationError(words % {"wrong": ", ".join(unknown)})
    if "{" in rest or "}" in rest:
        raise ValidationError(_("There is an unmatched brace. Take it out."))


def own_fields_in(value: str) -> frozenset[str]:
    """Return the keys of the own fields that a greeting has placeholders for."""
    return frozenset(found["key"] for found in _OWN_FIELD.finditer(value))


@cache  # called for every copy of a mail
def default_greeting(language: str) -> str:
    """Return how a letter in this language begins, with a placeholder for the first name."""
    with translation.override(language):
        return _("Dear {name},")


@cache
def default_without_name(language: str) -> str:
    """Return how a letter in this language begins when the reader's name is not known."""
    with translation.override(language):
        return _("Dear reader,")


@dataclass(frozen=True, kw_only=True)
class Greeting:
    """An issue's salutation in one language, with and without a first name; if empty, the language's usual one."""

    with_name: str = ""
    without_name: str = ""

    @property
    def own_fields(self) -> frozenset[str]:
        """The keys of the own fields that it has placeholders for."""
        return own_fields_in(self.with_name) | own_fields_in(self.without_name)

    def to(self, first_name: str, *, language: str, own_words: Mapping[str, str] = NOBODY) -> str:
        """Return the salutation for a reader with this first name, which may be empty.

        `own_words` are the reader's answers to own fields, in words, by the keys of the fields.
        """
        if first_name:
            greeting = self.with_name or default_greeting(language)
        else:
            greeting = self.without_name or default_without_name(language)

        def fill(found: re.Match[str]) -> str:
            return first_name if found[0] == NAME else own_words.get(found["key"]) or found["fallback"]

        return _PLACEHOLDER.sub(fill, greeting)
