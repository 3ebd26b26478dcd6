"""How an issue greets its reader: by first name, or with words for those who gave none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

NAME = "{name}"


def check_greeting(value: str) -> None:
    """Raise ValidationError if it has a placeholder other than {name}, or an unmatched brace."""
    rest = value.replace(NAME, "")
    if unknown := re.findall(r"\{[^{}]*\}", rest):
        raise ValidationError(_("There is no placeholder %(wrong)s, only {name}.") % {"wrong": ", ".join(unknown)})
    if "{" in rest or "}" in rest:
        raise ValidationError(_("There is an unmatched brace. Write {name} where the first name goes."))


def check_without_name(value: str) -> None:
    """Raise ValidationError if it has a placeholder: the reader's name is not known there."""
    if "{" in value or "}" in value:
        raise ValidationError(_("Write it without placeholders: it is for readers whose name is not known."))


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

    def to(self, first_name: str, *, language: str) -> str:
        """Return the salutation for a reader with this first name, which may be empty."""
        if not first_name:
            return self.without_name or default_without_name(language)
        return (self.with_name or default_greeting(language)).replace(NAME, first_name)
