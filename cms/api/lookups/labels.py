"""Themes, cross-cutting themes and tags of many pages, in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import F, IntegerField, Value

from cms.api.values import CrossCuttingRef, TagRef, ThemeRef
from cms.content.site_tree import ThemeFacts
from cms.models import HubPage, HubPageTag


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The keys of themes of both kinds, and the tags sorted by name, by the keys of their pages."""

    themes: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    cross_cutting: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    tags: defaultdict[int, list[TagRef]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Labels) -> None:
        """Add the labels of other pages."""
        self.themes.update(other.themes)
        self.tags.update(other.tags)


def load_labels(page_keys: Collection[int]) -> Labels:
    """Return the labels of these pages."""
    labels = Labels()
    themes = HubPage.themes.through.objects.filter(hubpage__in=page_keys)
    cross_cutting = HubPage.cross_cutting.through.objects.filter(hubpage__in=page_keys)
    tags = HubPageTag.objects.filter(content_object__in=page_keys).order_by()
    no_key = Value(0, IntegerField())
    rows = themes.values_list(Value("theme"), "hubpage_id", "theme_id", Value(""), Value("")).union(
        cross_cutting.values_list(Value("cross"), "hubpage_id", "crosscuttingtheme_id", Value(""), Value("")),
        tags.values_list(Value("tag"), F("content_object_id"), no_key, F("tag__slug"), F("tag__name")),
        all=True,
    )
    for kind, page, key, slug, name in rows:
        if kind == "tag":
            labels.tags[page].append(TagRef(slug=slug, name=name))
        else:
            (labels.themes if kind == "theme" else labels.cross_cutting)[page].add(key)
    for found in labels.tags.values():
        found.sort(key=lambda tag: tag.name)
    return labels


def build_themes(*, themes: Iterable[ThemeFacts], keys: Collection[int], language: str) -> list[ThemeRef]:
    """Return references to those of `themes` that have one of these keys."""
    return [
        ThemeRef(slug=theme.slug, name=theme.name_in(language), colour=theme.colour, icon=theme.icon)
        for theme in themes
        if theme.pk in keys
    ]


def build_cross_cutting(*, themes: Iterable[ThemeFacts], keys: Collection[int], language: str) -> list[CrossCuttingRef]:
    """Return references to those of `themes`, cross-cutting ones, that have one of these keys."""
    found = (theme for theme in themes if theme.pk in keys)
    return [CrossCuttingRef(slug=theme.slug, name=theme.name_in(language)) for theme in found]


def draft_tags(page: HubPage) -> list[TagRef]:
    """Return the tags of a page in memory."""
    return [TagRef(slug=tag.slug, name=tag.name) for tag in sorted(page.tags.all(), key=lambda tag: tag.name)]
