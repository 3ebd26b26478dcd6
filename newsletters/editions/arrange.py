"""The order of a mail: as in the editor, as far as stories of one kind or theme stand together.

Sections come in the order in which the editor placed their first stories. A block of the editor's own stays behind the
story that it follows there, also where the reader does not get that story; blocks above the first story follow the
intro, those behind the lead story follow the lead. A divider goes with its story.

No block is swallowed by the section above it. A block between two stories of a section is part of it; those behind its
last story stand apart from it, and blocks of a section of their own, such as people, always stand under its title.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import compress, groupby
from operator import not_

from cms.plugins.registry import story_sections
from newsletters.editions.template_values import BY_THEME, MailSection, RenderedBlock, RenderedStory, ThemeLabel

Part = RenderedStory | RenderedBlock
Group = tuple[str, str]  # kind of section, slug of the theme

OWN = "own"  # no section: blocks of the editor's own

AFTER_LEAD: Group = ("lead", "")


def is_for(rendered: RenderedStory, followed: Collection[str] | None) -> bool:
    """Say whether followers of these theme slugs get the story; None means everyone gets everything."""
    themes = rendered.story.themes
    return followed is None or not themes or any(theme.slug in followed for theme in themes)


def arrange(
    stories: Sequence[RenderedStory | None], blocks: Iterable[RenderedBlock], *, followed: Collection[str] | None
) -> tuple[tuple[MailSection, ...], tuple[MailSection, ...]]:
    """Return the sections that open the mail, of the editor's own blocks, and those that follow the lead.

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
    opening = _own_sections([block for block in blocks if not block.follows])
    parts += [
        (rank[groups[block.follows - 1]], block.follows, block)
        for block in blocks
        if block.follows and (not block.is_rule or block.follows in shown)
    ]
    parts.sort(key=lambda part: part[:2])  # stable: what follows the same story keeps the editor's order
    grouped = ([part for *_place, part in group] for _rank, group in groupby(parts, key=lambda part: part[0]))
    sections = [section for group in grouped for section in _sections(group, followed=followed)]
    return _told_apart(opening), _told_apart(sections)


def _group(story: RenderedStory | None, followed: Collection[str] | None) -> Group:
    if story is None:
        return AFTER_LEAD
    kind = story.story.section
    theme = _shown_under(story, followed) or story.story.theme
    return kind, theme.slug if kind == BY_THEME and theme else ""


def _sections(parts: list[Part], *, followed: Collection[str] | None) -> Iterator[MailSection]:
    """Yield the section of these stories, and behind it those of the blocks that are no part of it."""
    first = next((part for part in parts if isinstance(part, RenderedStory)), None)
    if first is not None:
        kind = first.story.section
        theme = _shown_under(first, followed) if kind == BY_THEME else None
        tells = [isinstance(part, RenderedStory) or part.section == kind for part in parts]
        end = len(parts) - tells[::-1].index(True)
        belongs = [i < end and (tells[i] or not _section_of(part)) for i, part in enumerate(parts)]
        yield _titled(kind, tuple(compress(parts, belongs)), theme=theme)
        parts = list(compress(parts, map(not_, belongs)))
    yield from _own_sections([part for part in parts if isinstance(part, RenderedBlock)])


def _own_sections(blocks: Iterable[RenderedBlock]) -> Iterator[MailSection]:
    for section, group in groupby(blocks, key=_section_of):
        if section:
            yield _titled(section, tuple(group))
        else:
            yield MailSection(kind=OWN, title="", theme=None, stories=tuple(group))


def _section_of(part: Part) -> str:
    """Return the section under whose title a block of the editor's own stands, empty for a story and other blocks."""
    return part.section if isinstance(part, RenderedBlock) and part.section in story_sections() else ""


def _titled(kind: str, stories: tuple[Part, ...], *, theme: ThemeLabel | None = None) -> MailSection:
    section = story_sections()[kind]
    title = theme.name if theme else str(section.title)
    return MailSection(kind=kind, title=title, theme=theme, stories=stories, is_quiet=section.is_quiet)


def _told_apart(sections: Iterable[MailSection]) -> tuple[MailSection, ...]:
    """Join neighbours of the editor's own; what has no title stands apart from a section that has one."""
    told: list[MailSection] = []
    for section in sections:
        above = told[-1] if told else None
        if above and above.kind == section.kind and section.kind != BY_THEME:
            told[-1] = replace(above, stories=above.stories + section.stories)
            continue
        is_apart = bool(above and above.title and not section.title and not _is_rule(section.stories[0]))
        told.append(replace(section, is_apart=is_apart))
    return tuple(told)


def _is_rule(part: Part) -> bool:
    return isinstance(part, RenderedBlock) and part.is_rule


def _shown_under(rendered: RenderedStory, followed: Collection[str] | None) -> ThemeLabel | None:
    return next((t for t in rendered.story.themes if followed is None or t.slug in followed), None)
