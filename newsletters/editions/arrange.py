"""The order of a mail: the editor's order, with the stories of one kind or theme grouped into a section.

Sections come in the order in which the editor placed their first stories. The editor's own blocks stay after the story
that they follow in the editor, even where the reader does not get that story; blocks above the first story follow the
intro, and blocks after the lead story follow the lead. A divider is shown only together with its story.

No block slips into the section above it. A block between two stories of a section belongs to it; blocks after its last
story are set apart from it, and blocks with a section of their own, such as people, are always under its title.
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

OWN = "own"  # the kind of a section without a title, which holds the editor's own blocks

AFTER_LEAD: Group = ("lead", "")


def is_for(rendered: RenderedStory, followed: Collection[str] | None) -> bool:
    """Say whether followers of these theme slugs get the story; None means everyone gets everything."""
    themes = rendered.story.themes
    return followed is None or not themes or any(theme.slug in followed for theme in themes)


def arrange(
    stories: Sequence[RenderedStory | None], blocks: Iterable[RenderedBlock], *, followed: Collection[str] | None
) -> tuple[tuple[MailSection, ...], tuple[MailSection, ...]]:
    """Return the sections that open the mail (the editor's own blocks), and the sections that follow the lead.

    `stories` are all stories of the issue in this language, in the editor's order, with None in the lead's place.
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
    parts.sort(key=lambda part: part[:2])  # stable: blocks that follow the same story keep the editor's order
    grouped = ([part for *_place, part in group] for _rank, group in groupby(parts, key=lambda part: part[0]))
    sections = [section for group in grouped for section in _sections(group, followed=followed)]
    return _set_apart(opening), _set_apart(sections)


def _group(story: RenderedStory | None, followed: Collection[str] | None) -> Group:
    if story is None:
        return AFTER_LEAD
    kind = story.story.section
    theme = _shown_under(story, followed) or story.story.theme
    return kind, theme.slug if kind == BY_THEME and theme else ""


def _sections(parts: list[Part], *, followed: Collection[str] | None) -> Iterator[MailSection]:
    """Yield the section of these stories, then sections of the blocks that do not belong to it."""
    first = next((part for part in parts if isinstance(part, RenderedStory)), None)
    if first is not None:
        kind = first.story.section
        theme = _shown_under(first, followed) if kind == BY_THEME else None
        is_member = [isinstance(part, RenderedStory) or part.section == kind for part in parts]
        end = len(parts) - is_member[::-1].index(True)
        belongs = [i < end and (is_member[i] or not _section_of(part)) for i, part in enumerate(parts)]
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
    """Return the section under whose title this block is shown, empty for stories and other blocks."""
    return part.section if isinstance(part, RenderedBlock) and part.section in story_sections() else ""


def _titled(kind: str, stories: tuple[Part, ...], *, theme: ThemeLabel | None = None) -> MailSection:
    section = story_sections()[kind]
    title = theme.name if theme else str(section.title)
    return MailSection(kind=kind, title=title, theme=theme, stories=stories, is_quiet=section.is_quiet)


def _set_apart(sections: Iterable[MailSection]) -> tuple[MailSection, ...]:
    """Join neighbouring sections of one kind; set a section without a title apart from a titled one above it."""
    joined: list[MailSection] = []
    for section in sections:
        above = joined[-1] if joined else None
        if above and above.kind == section.kind and section.kind != BY_THEME:
            joined[-1] = replace(above, stories=above.stories + section.stories)
            continue
        is_apart = bool(above and above.title and not section.title and not _is_rule(section.stories[0]))
        joined.append(replace(section, is_apart=is_apart))
    return tuple(joined)


def _is_rule(part: Part) -> bool:
    return isinstance(part, RenderedBlock) and part.is_rule


def _shown_under(rendered: RenderedStory, followed: Collection[str] | None) -> ThemeLabel | None:
    return next((t for t in rendered.story.themes if followed is None or t.slug in followed), None)
