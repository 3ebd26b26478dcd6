"""Placeholders that were left in: “lorem ipsum”, merge fields of other programs, notes to oneself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from cms.plugins.issue_checks import PERSONAL, Finding, IssueToCheck, MailToCheck, Part, Place
from newsletters.models import OwnField
from newsletters.values.greeting import own_fields_in

# What nobody writes for readers.
FILLER = re.compile(r"\blorem ipsum\b", re.IGNORECASE)
# What somebody might write in a story about such things, but not in a subject.
MERGE_FIELDS = re.compile(
    r"\{\{.*?\}\}|\{\{|\{%.*?%\}"
    r"|%\u2060?%\w+%%"
    r"|\*\|\w+\|\*"
    r"|\[(?:first |last |your )?name\]|\[(?:voor|achter)?naam\]"
    r"|\{(?:(?:first_?|last_?|full_?|your_?)?name|(?:voor|achter)?naam)\}"
    r"|\[(?:insert|add|vul|link|date|datum|title|titel)\b[^\]]*\]",
    re.IGNORECASE,
)
# Notes.
NOTES = re.compile(r"\bTODO\b|\bTBD\b|\bFIXME\b|\bPM:|\b[Xx]{3,}\b|\?\?\?")
LONGEST_SHOWN = 40
GREETING, NAME = Place(part="greeting"), "{name}"  # the one placeholder that has a meaning, in the one place


def check_placeholders(issue: IssueToCheck) -> Iterator[Finding]:
    """Find placeholders that were left in, and their places."""
    for mail in issue.mails:
        seen: set[str] = set()
        inbox: dict[Part, str] = {"subject": mail.subject, "preheader": mail.preheader, "title": mail.title}
        for part, words in inbox.items():
            for found, _sure in _placeholders(words):
                seen.add(found)
                yield replace(_finding(found, sure=True, mail=mail, place=Place(part=part)), code=f"{part}-placeholder")
        for part_of_mail in mail.parts:
            words = part_of_mail.words
            if part_of_mail.place == GREETING:
                words = words.replace(NAME, "")
                yield from _missing_fields(words, mail=mail)
            for found, sure in _placeholders(words):
                seen.add(found)
                yield _finding(found, sure=sure, mail=mail, place=part_of_mail.place)
        for found, sure in _placeholders(PERSONAL.sub("", mail.words)):
            if found not in seen:
                yield _finding(found, sure=sure, mail=mail, place=None)


def _missing_fields(words: str, *, mail: MailToCheck) -> Iterator[Finding]:
    """Find own fields in a greeting that do not exist: they were deleted since, or the key was mistyped."""
    keys = own_fields_in(words)
    known = OwnField.objects.filter(key__in=keys).values_list("key", flat=True) if keys else ()
    for key in sorted(keys.difference(known)):
        yield Finding(
            code="own-field-gone",
            level="warning",
            message=_("There is no own field “%(key)s”: all readers get the words after the bar.") % {"key": key},
            mend=_("Correct it in the greeting, or take it out."),
            place=GREETING,
            language=mail.language,
        )


def _placeholders(words: str) -> Iterator[tuple[str, bool]]:
    """Yield each placeholder in `words` once, and whether it is certainly one."""
    found = {match.group(): True for match in FILLER.finditer(words)}
    for pattern in (MERGE_FIELDS, NOTES):
        for match in pattern.finditer(words):
            found.setdefault(match.group(), False)
    yield from found.items()


def _finding(found: str, *, sure: bool, mail: MailToCheck, place: Place | None) -> Finding:
    shown = found if len(found) <= LONGEST_SHOWN else f"{found[:LONGEST_SHOWN]}…"
    return Finding(
        code="placeholder",
        level="error" if sure else "warning",
        message=_("“%(placeholder)s” looks like a placeholder that was not replaced.") % {"placeholder": shown},
        mend=_("Replace it with what readers should read."),
        place=place,
        language=mail.language,
    )
