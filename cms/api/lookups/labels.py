"""Themes and tags of many pages, in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import F, IntegerField, Value

from cms.api.values import TagRef, ThemeRef
from cms.content.site_tree import ThemeFacts
from cms.models import HubPage, HubPageTag


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The keys of themes, and the tags sorted by name, by the keys of their pages."""

    themes: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    tags: defaultdict[int, list[TagRef]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Labels) -> None:
        """Add the labels of other pages."""
        self.themes.update(other.themes)
        self.tags.update(other.tags)


def load_labels(page_keys: Collection[int]) -> Labels:
    """Return the labels of these pages."""
    labels = Labels()
    themes = HubPage.themes.through.objects.filter(hubpage__in=page_keys)
    tags = HubPageTag.objects.filter(content_object__in=page_keys).order_by()
    of_themes = themes.values_list("hubpage_id", "theme_id", Value(""), Value(""))
    of_tags = tags.annotate(no_theme=Value(0, IntegerField())).values_list(
        F("content_object_id"), F("no_theme"), F("tag__slug"), F("tag__name")
    )
    for page, theme, slug, name in of_themes.union(of_tags, all=True):
        if theme:
            labels.themes[page].add(theme)
        else:
            labels.tags[page].append(TagRef(slug=slug, name=name))
    for found in labels.tags.values():
        found.sort(key=lambda tag: tag.name)
    return labels


def build_themes(*, themes: Iterable[ThemeFacts], keys: Collection[int], language: str) -> list[ThemeRef]:
    """Return references to those of `themes` that have one of these keys."""
    return [
        ThemeRef(slug=theme.slug, name=theme.name_in(language), colour=theme.colour)
        for theme in themes
        if theme.pk in keys
    ]


def draft_tags(page: HubPage) -> list[TagRef]:
    """Return the tags of a page in memory."""
    return [TagRef(slug=tag.slug, name=tag.name) for tag in sorted(page.tags.all(), key=lambda tag: tag.name)]
