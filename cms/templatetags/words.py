"""Words of editors as their script and their language want them."""

from __future__ import annotations

import unicodedata

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Quotation marks where they are other than “ ” (CLDR 46, delimiters). French ones stand off from the words.
MARKS = {
    "„“": "bg cs de et hr is ka lt mk sk sl sr",
    "„”": "bs hu pl ro",
    "”“": "ar",
    "””": "fi he sv",
    "«»": "be ca el es fa it nb nn no pt-pt ru sq uk",
    "«\u00a0\u00a0»": "br fr",
    "「」": "ja zh-hant",
}
MARKS_OF = {language: marks for marks, languages in MARKS.items() for language in languages.split()}
OPENING = frozenset("“„«‹‘‚\"'「『”")
CLOSING = frozenset("”“»›’‘\"'」』")


@register.filter
def dir_beside(words: str, direction: str) -> SafeString:
    """Return the attribute for an element of these words, if they run otherwise than the text around them."""
    return mark_safe(' dir="auto"' if runs_otherwise(words, direction) else "")


@register.filter
def isolated(words: str, direction: str) -> str:
    """Return words for the middle of a line, kept together if they run otherwise than that."""
    return format_html('<span dir="auto">{}</span>', words) if runs_otherwise(words, direction) else words


@register.filter
def quoted(words: str, language: str) -> str:
    """Return words between the quotation marks of a language (its code); not twice, where they have some."""
    if len(words) > 1 and words[0] in OPENING and words[-1] in CLOSING:
        return words
    marks = MARKS_OF.get(language.lower()) or MARKS_OF.get(language.lower().partition("-")[0]) or "“”"
    half = len(marks) // 2
    return f"{marks[:half]}{words}{marks[half:]}"


def runs_otherwise(words: str, direction: str) -> bool:
    """Say whether the first letter is of a script that runs against `direction` (Unicode Standard Annex 9, P2)."""
    letters = (unicodedata.bidirectional(character) for character in str(words))
    first = next((kind for kind in letters if kind in {"L", "R", "AL"}), None)
    return first is not None and (first == "L") != (direction == "ltr")
