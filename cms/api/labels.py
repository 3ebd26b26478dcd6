"""Themes and tags of many pages, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Prefetch

from cms.api.values import TagRef, ThemeRef
from cms.models import HubPage, HubPageTag, Theme, ThemeName


def load_theme_keys(page_keys: Collection[int]) -> Mapping[int, set[int]]:
    """Return the keys of the pages' themes by the pages' keys."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    rows = HubPage.themes.through.objects.filter(hubpage__in=page_keys)
    for page_key, theme_key in rows.values_list("hubpage_id", "theme_id"):
        found[page_key].add(theme_key)
    return found


def load_themes() -> list[Theme]:
    """Return all themes in their order, with their names; there are few."""
    names = Prefetch("names", ThemeName.objects.select_related("locale"))
    return list(Theme.objects.prefetch_related(names))


def build_themes(*, themes: list[Theme], keys: Collection[int], language: str) -> list[ThemeRef]:
    """Return those of `themes` that have one of these keys."""
    return [
        ThemeRef(slug=theme.slug, name=theme.name_in(language), colour=theme.colour)
        for theme in themes
        if theme.pk in keys
    ]


def load_tags(page_keys: Collection[int]) -> Mapping[int, list[TagRef]]:
    """Return the pages' tags by the pages' keys."""
    found: defaultdict[int, list[TagRef]] = defaultdict(list)
    rows = HubPageTag.objects.filter(content_object__in=page_keys).order_by("tag__name")
    for page_key, slug, name in rows.values_list("content_object_id", "tag__slug", "tag__name"):
        found[page_key].append(TagRef(slug=slug, name=name))
    return found


def draft_tags(page: Any) -> list[TagRef]:
    """Return the tags of a page as it stands in memory."""
    return [TagRef(slug=tag.slug, name=tag.name) for tag in sorted(page.tags.all(), key=lambda tag: tag.name)]
