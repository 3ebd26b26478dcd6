"""Compile an issue as it stands: the edition with every story in each language, and what staff should know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.issue_checks import Place
from newsletters.compile.content import IssueContent, load_content
from newsletters.compile.edition import CompiledEdition, compile_edition
from newsletters.compile.stories import Remark
from newsletters.exceptions import NoStories, problems_at
from newsletters.models import IssuePage, Newsletter


@dataclass(frozen=True, kw_only=True)
class CompiledIssue:
    """An issue compiled in all languages of its newsletter, keyed by locale."""

    contents: dict[Locale, IssueContent]
    editions: dict[Locale, CompiledEdition]

    @property
    def content_hash(self) -> str:
        """SHA-256 over the editions that have every story: what an approval is bound to.

        Editions by theme only leave stories out, so this covers whatever audience there is when it is sent.
        """
        hashes = sorted(f"{locale.language_code} {e.content_hash}" for locale, e in self.editions.items())
        return sha256("\n".join(hashes).encode()).hexdigest()

    @property
    def remarks(self) -> list[Remark]:
        """What staff should know about single stories, in all languages."""
        return [remark for content in self.contents.values() for remark in content.remarks]


def compile_issue(issue: IssuePage, *, newsletter: Newsletter, now: datetime) -> CompiledIssue:
    """Return the issue in every language of its newsletter; raise IssueProblem if one cannot be made."""
    contents, editions = {}, {}
    for locale in newsletter.locales():
        content = load_content(issue, newsletter=newsletter, locale=locale, now=now)
        edition = compile_edition(content, followed=None)
        if edition.story_count == 0:
            with problems_at(Place(part="stories"), language=locale.language_code):
                words = _("The issue has no story that can be shown in {language}. Gather some, or publish the pages.")
                raise NoStories(format_lazy(words, language=locale.get_display_name()))
        contents[locale], editions[locale] = content, edition
    return CompiledIssue(contents=contents, editions=editions)
