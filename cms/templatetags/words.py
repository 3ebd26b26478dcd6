"""Words of editors as their language writes them."""

from __future__ import annotations

from django import template

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
def quoted(words: str, language: str) -> str:
    """Return words between the quotation marks of a language (its code); not twice, where they have some."""
    if len(words) > 1 and words[0] in OPENING and words[-1] in CLOSING:
        return words
    marks = MARKS_OF.get(language.lower()) or MARKS_OF.get(language.lower().partition("-")[0]) or "“”"
    half = len(marks) // 2
    return f"{marks[:half]}{words}{marks[half:]}"
