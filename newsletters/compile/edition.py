"""Compile one edition: what an issue says in one language to those who follow one set of themes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cms.plugins import Section
from newsletters.compile.content import IssueContent
from newsletters.compile.mjml import to_html
from newsletters.mail import Mail, MailSection, RenderedStory, ThemeLabel

SECTION_ORDER: tuple[Section, ...] = ("theme", "activities", "archive", "people")


@dataclass(frozen=True, kw_only=True)
class CompiledEdition:
    """A mail but for its personal tokens; `story_count` counts the lead too."""

    subject: str
    preheader: str
    title: str
    html: str
    text: str
    story_count: int

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything a reader gets, in hexadecimal."""
        return sha256("\0".join([self.subject, self.preheader, self.html, self.text]).encode()).hexdigest()


def compile_edition(content: IssueContent, *, followed: Collection[str] | None) -> CompiledEdition:
    """Return the edition for followers of these theme slugs; None means every story.

    Rule: intro and lead always; a story with themes if one of them is followed; a story without themes always.
    """
    stories = stories_for(content, followed=followed)
    with translation.override(content.locale.language_code):
        mail = _mail(content, stories=stories, followed=followed)
        html = mail.personal.to_tokens(to_html(render_to_string("newsletters/mail/issue.mjml", {"mail": mail})))
        text = mail.personal.to_tokens(render_to_string("newsletters/mail/issue.txt", {"mail": mail}).strip() + "\n")
    return CompiledEdition(
        subject=content.text.subject,
        preheader=content.text.preheader,
        title=content.text.title,
        html=html,
        text=text,
        story_count=len(stories) + (content.lead is not None),
    )


def has_stories(content: IssueContent, *, followed: Collection[str]) -> bool:
    """Say whether an edition for these theme slugs would have anything to tell."""
    return content.lead is not None or bool(stories_for(content, followed=followed))


def stories_for(content: IssueContent, *, followed: Collection[str] | None) -> list[RenderedStory]:
    """Return the stories, but for the lead, of the edition for these theme slugs; None means every story."""
    return [one for one in content.stories if _is_for(one, followed)]


def _is_for(rendered: RenderedStory, followed: Collection[str] | None) -> bool:
    themes = rendered.story.themes
    return followed is None or not themes or any(theme.slug in followed for theme in themes)


def _mail(content: IssueContent, *, stories: list[RenderedStory], followed: Collection[str] | None) -> Mail:
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
        lead=content.lead,
        sections=tuple(_sections(stories, themes=content.themes, followed=followed)),
        followed_themes=tuple(t for t in content.themes if followed is None or t.slug in followed),
        sender=content.sender,
        view_online_url=content.view_online_url,
        look=content.look,
    )


def _sections(
    stories: list[RenderedStory], *, themes: tuple[ThemeLabel, ...], followed: Collection[str] | None
) -> list[MailSection]:
    """Group stories by kind, those of themes by the first theme that is followed, in the themes' order."""
    rank = {theme.slug: index for index, theme in enumerate(themes)}

    def place(rendered: RenderedStory) -> tuple[int, int]:
        kind, theme = rendered.story.section, _shown_under(rendered, followed)
        return SECTION_ORDER.index(kind), rank.get(theme.slug, len(rank)) if theme and kind == "theme" else -1

    return [
        _section(SECTION_ORDER[kind], tuple(group), followed=followed)
        for (kind, _theme), group in groupby(sorted(stories, key=place), key=place)
    ]


def _section(kind: Section, stories: tuple[RenderedStory, ...], *, followed: Collection[str] | None) -> MailSection:
    theme = _shown_under(stories[0], followed) if kind == "theme" else None
    titles = {
        "theme": _("About the hub"),
        "activities": _("Coming activities"),
        "archive": _("From the archive"),
        "people": _("People"),
    }
    return MailSection(kind=kind, title=theme.name if theme else titles[kind], theme=theme, stories=stories)


def _shown_under(rendered: RenderedStory, followed: Collection[str] | None) -> ThemeLabel | None:
    return next((t for t in rendered.story.themes if followed is None or t.slug in followed), None)
