"""Queries that several pages of the newsletter share."""

from __future__ import annotations

from django.utils.translation import get_language

from cms.models import Theme


def theme_names() -> dict[str, str]:
    """Return the themes' names by slug, in order, in the active language."""
    language = get_language() or "en"
    return {theme.slug: theme.name_in(language) for theme in Theme.objects.prefetch_related("names__locale")}
