"""The one spelling in which an answer to an own field is kept, so that equal answers are found by comparing texts."""

from __future__ import annotations

import unicodedata
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_CHARACTERS = 200
FIRST_YEAR, LAST_YEAR = 1900, 2200
YES, NO = "yes", "no"

_YES = frozenset({"yes", "ja", "y", "j", "true", "1", "x", "on"})
_NO = frozenset({"no", "nee", "n", "false", "0", "off"})


def one_line(typed: str) -> str:
    """Return a text on one line, without control characters; raise ValidationError if it is too long."""
    visible = "".join(
        character for character in typed if character.isspace() or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    text = unicodedata.normalize("NFC", " ".join(visible.split()))
    if len(text) > MOST_CHARACTERS:
        raise ValidationError(_("Use at most %(most)d characters."), params={"most": MOST_CHARACTERS})
    return text


def iso_date(typed: str) -> str:
    """Return a date as ISO 8601 writes it, so that the order of texts is that of days; raise ValidationError."""
    try:
        day = date.fromisoformat(typed)
    except ValueError as error:
        raise _no_date(typed) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _no_date(typed)
    return day.isoformat()


def _no_date(typed: str) -> ValidationError:
    return ValidationError(_("“%(typed)s” is not a date. Write 2024-12-31."), params={"typed": typed[:40]})


def yes_or_no(typed: str) -> str:
    """Return "yes" or "no" for what people and programs write for it; raise ValidationError."""
    word = typed.casefold()
    if word in _YES:
        return YES
    if word in _NO:
        return NO
    raise ValidationError(_("“%(typed)s” is neither yes nor no."), params={"typed": typed[:40]})
