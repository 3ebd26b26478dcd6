"""Compile an issue as it is now: the edition with every story in each language, and notices for staff.

A language of the newsletter in which the issue says nothing is left out, if somebody agrees to that.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.plugins import Notice
from cms.plugins.issue_checks import Place
from newsletters.editions.compile_edition import CompiledEdition, compile_edition
from newsletters.editions.content import IssueContent, load_content
from newsletters.exceptions import IssueProblem, LanguagesLeftOut, NoWords, SaysNothing, problems_at
from newsletters.models import ALL_READERS, IssuePage, Newsletter, Recipients


@dataclass(frozen=True, kw_only=True)
class CompiledIssue:
    """An issue compiled in the languages of its newsletter in which it says something, by locale.

    `left_out` are the languages in which it says nothing: their readers get no mail. `recipients` are whom it is for.
    """

    contents: dict[Locale, IssueContent]
    editions: dict[Locale, CompiledEdition]
    left_out: tuple[Locale, ...] = ()
    recipients: Recipients = ALL_READERS

    @property
    def content_hash(self) -> str:
        """SHA-256 of the editions with every story, the languages left out and the segments; approvals are bound to it.

        Editions by theme only leave stories out, so this covers any audience at the time of sending. Of a segment it
        covers the conditions, not the people: whoever meets them when the issue is sent gets it.
        """
        hashes = [f"{locale.language_code} {e.content_hash}" for locale, e in self.editions.items()]
        hashes += [f"{locale.language_code} left out" for locale in self.left_out]
        hashes += self.recipients.fingerprints
        return sha256("\n".join(sorted(hashes)).encode()).hexdigest()

    @property
    def notices(self) -> list[Notice]:
        """What staff should know about single stories, in all languages."""
        return [notice for content in self.contents.values() for notice in content.notices]


def compile_issue(issue: IssuePage, *, newsletter: Newsletter, now: datetime) -> CompiledIssue:
    """Return the issue in each language in which it says something; raise IssueProblem if one cannot be compiled."""
    contents, left_out = {}, []
    for locale in newsletter.locales():
        if content := _content(issue, newsletter=newsletter, locale=locale, now=now):
            contents[locale] = content
        else:
            left_out.append(locale)
    if not contents:
        with problems_at(Place(part="stories"), language=""):
            raise SaysNothing
    editions = {locale: compile_edition(content, followed=None) for locale, content in contents.items()}
    return CompiledIssue(contents=contents, editions=editions, left_out=tuple(left_out), recipients=issue.recipients)


def languages_left_out(issue: IssuePage, *, newsletter: Newsletter, now: datetime) -> tuple[Locale, ...]:
    """Return the languages in which the issue says nothing, without those in which it cannot be compiled."""
    left_out = []
    for locale in newsletter.locales():
        with suppress(IssueProblem):
            if _content(issue, newsletter=newsletter, locale=locale, now=now) is None:
                left_out.append(locale)
    return tuple(left_out)


def _content(issue: IssuePage, *, newsletter: Newsletter, locale: Locale, now: datetime) -> IssueContent | None:
    """Return what the issue says in this language, None if nothing; raise IssueProblem if it cannot be compiled."""
    try:
        content = load_content(issue, newsletter=newsletter, locale=locale, now=now)
    except NoWords:
        return None
    return content if content.says_something else None


def require_agreed(compiled: CompiledIssue, *, left_out: Collection[str]) -> None:
    """Raise LanguagesLeftOut if the issue leaves out a language other than those agreed on (their codes)."""
    if not_agreed := [locale for locale in compiled.left_out if locale.language_code not in left_out]:
        names = ", ".join(locale.get_display_name() for locale in not_agreed)
        words = _("The issue says nothing for readers of {languages}, so they get no mail. Agree to that first.")
        raise LanguagesLeftOut(format_lazy(words, languages=names))
