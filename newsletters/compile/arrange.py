"""The order of a mail: as in the editor, as far as stories of one kind or theme stand together.

Sections come in the order in which the editor placed their first stories. A block of the editor's own stays behind the
story that it follows there, also where the reader does not get that story; blocks above the first story follow the
intro, those behind the lead story follow the lead. A divider goes with its story.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from django.utils.translation import gettext as _

from cms.plugins import Section
from newsletters.mail import MailSection, RenderedBlock, RenderedStory, ThemeLabel

Part = RenderedStory | RenderedBlock
Group = tuple[str, str]  # kind of section, slug of the theme

AFTER_LEAD: Group = ("lead", "")


def is_for(rendered: RenderedStory, followed: Collection[str] | None) -> bool:
    """Say whether followers of these theme slugs get the story; None means everyone gets everything."""
    themes = rendered.story.themes
    return followed is None or not themes or any(theme.slug in followed for theme in themes)


def arrange(
    stories: Sequence[RenderedStory | None], blocks: Iterable[RenderedBlock], *, followed: Collection[str] | None
) -> tuple[tuple[RenderedBlock, ...], tuple[MailSection, ...]]:
    """Return the blocks that open the mail, and its sections.

    `stories` are all that the issue tells in this language, in the editor's order, None in the lead's place.
    """
    groups = [_group(story, followed) for story in stories]
    rank = {AFTER_LEAD: -1} | {
        group: index for index, group in reversed(list(enumerate(groups))) if group != AFTER_LEAD
    }
    parts: list[tuple[int, int, Part]] = [
        (rank[group], index + 1, story)
        for index, (story, group) in enumerate(zip(stories, groups, strict=True))
        if story is not None and is_for(story, followed)
    ]
    shown = {index for _rank, index, _story in parts} | {i + 1 for i, story in enumerate(stories) if story is None}
    opening = tuple(block for block in blocks if not block.follows)
    parts += [
        (rank[groups[block.follows - 1]], block.follows, block)
        for block in blocks
        if block.follows and (block.kind != "divider" or block.follows in shown)
    ]
    parts.sort(key=lambda part: part[:2])  # stable: what follows the same story keeps the editor's order
    sections = (tuple(part for *_place, part in group) for _rank, group in groupby(parts, key=lambda part: part[0]))
    return opening, tuple(_section(each, followed=followed) for each in sections)


def _group(story: RenderedStory | None, followed: Collection[str] | None) -> Group:
    if story is None:
        return AFTER_LEAD
    kind = story.story.section
    theme = _shown_under(story, followed) or story.story.theme
    return kind, theme.slug if kind == "theme" and theme else ""


def _section(parts: tuple[Part, ...], *, followed: Collection[str] | None) -> MailSection:
    first = next((part for part in parts if isinstance(part, RenderedStory)), None)
    if first is None:
        return MailSection(kind="own", title="", theme=None, stories=parts)
    kind = first.story.section
    theme = _shown_under(first, followed) if kind == "theme" else None
    return MailSection(kind=kind, title=theme.name if theme else _title(kind), theme=theme, stories=parts)


def _title(kind: Section) -> str:
    titles = {
        "theme": _("About the hub"),
        "activities": _("Coming activities"),
        "archive": _("From the archive"),
        "people": _("People"),
    }
    return titles[kind]


def _shown_under(rendered: RenderedStory, followed: Collection[str] | None) -> ThemeLabel | None:
    return next((t for t in rendered.story.themes if followed is None or t.slug in followed), None)
