"""Compile one edition: what an issue says in one language to readers who follow one set of themes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from django.template.loader import render_to_string
from django.utils import translation

from newsletters.editions.arrange import arrange, is_for
from newsletters.editions.content import IssueContent
from newsletters.editions.mjml import to_html
from newsletters.editions.template_values import Mail, RenderedStory
from newsletters.editions.words.safety import printable
from newsletters.values.greeting import Greeting


@dataclass(frozen=True, kw_only=True)
class CompiledEdition:
    """A mail whose personal tokens are not filled in; `story_count` includes the lead, `mjml` is the HTML's source."""

    subject: str
    preheader: str
    title: str
    html: str
    text: str
    greeting: Greeting
    mjml: str
    story_count: int

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything that a reader gets, in hexadecimal."""
        greeting = [self.greeting.with_name, self.greeting.without_name]
        parts = [self.subject, self.preheader, *greeting, self.html, self.text]
        return sha256("\0".join(parts).encode()).hexdigest()


def compile_edition(content: IssueContent, *, followed: Collection[str] | None) -> CompiledEdition:
    """Return the edition for followers of these theme slugs; None means every story.

    It always has the intro, the lead and stories without themes; a story with themes is in it if one is followed.
    """
    with translation.override(content.locale.language_code):
        mail = _mail(content, followed=followed)
        mjml = printable(render_to_string("newsletters/mail/issue.mjml", {"mail": mail}))
        html = mail.personal.to_tokens(to_html(mjml))
        plain = printable(render_to_string("newsletters/mail/issue.txt", {"mail": mail})).strip() + "\n"
    return CompiledEdition(
        subject=printable(content.text.subject),
        preheader=printable(content.text.preheader),
        title=printable(content.text.title),
        html=html,
        text=mail.personal.to_tokens(plain),
        mjml=mail.personal.to_tokens(mjml),
        greeting=content.text.salutation,
        story_count=len(stories_for(content, followed=followed)) + (content.lead is not None),
    )


def is_for_readers(content: IssueContent, *, followed: Collection[str]) -> bool:
    """Say whether an edition for these theme slugs is worth a mail.

    A story is enough. So are the editor's own words, which everyone gets: blocks, or the intro if the issue has nothing
    else. An intro above stories that are for other readers is not enough.
    """
    return has_own_words(content) or content.lead is not None or bool(stories_for(content, followed=followed))


def has_own_words(content: IssueContent) -> bool:
    """Say whether what the editor wrote in this language is worth a mail by itself."""
    return content.has_own_blocks or (not content.order and bool(content.intro_text))


def stories_for(content: IssueContent, *, followed: Collection[str] | None) -> list[RenderedStory]:
    """Return the stories, without the lead, of the edition for these theme slugs; None means every story."""
    return [story for story in content.stories if is_for(story, followed)]


def _mail(content: IssueContent, *, followed: Collection[str] | None) -> Mail:
    opening, sections = arrange(content.order, content.blocks, followed=followed)
    return Mail(
        language=content.locale.language_code,
        direction=content.direction,
        newsletter=content.newsletter,
        title=content.text.title,
        date_label=content.date_label,
        subject=content.text.subject,
        preheader=content.text.preheader,
        intro_html=content.intro_html,
        intro_text=content.intro_text,
        signed_by=content.text.signed_by,
        signed_function=content.text.signed_function,
        opening=opening,
        lead=content.lead,
        sections=sections,
        followed_themes=tuple(t for t in content.themes if followed is None or t.slug in followed),
        sender=content.sender,
        view_online_url=content.view_online_url,
        look=content.look,
    )
