"""A filter for editors' texts, following the typography of their language."""

from __future__ import annotations

from django import template

register = template.Library()

# Quotation marks of languages that do not use “ ” (CLDR 46, delimiters). French ones have spaces inside.
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
def quoted(words: str, language: str) -> str:
    """Return words in the quotation marks of a language (its code); quoted words stay as they are."""
    if len(words) > 1 and words[0] in OPENING and words[-1] in CLOSING:
        return words
    marks = MARKS_OF.get(language.lower()) or MARKS_OF.get(language.lower().partition("-")[0]) or "“”"
    half = len(marks) // 2
    return f"{marks[:half]}{words}{marks[half:]}"
