"""The demo's themes, and those that cut across them, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from wagtail.models import Locale

from cms.models import CrossCuttingTheme, CrossCuttingThemeName, Theme, ThemeIcon, ThemeName
from demo.texts import Entry, load

COLOURS = {"civic-power": "#c8472f", "inclusion": "#2f7d5b", "organising": "#5a4fa2", "data": "#1c6f9c"}
ICONS = {
    "civic-power": ThemeIcon.MEGAPHONE,
    "inclusion": ThemeIcon.PEOPLE,
    "organising": ThemeIcon.NETWORK,
    "data": ThemeIcon.CHART,
}


def load_themes(locales: Mapping[str, Locale]) -> dict[str, Theme]:
    """Return the themes by their slugs; those that exist stay as staff left them."""
    themes: dict[str, Theme] = {}
    for position, entry in enumerate(load("site")["theme"]):
        slug = entry["slug_key"]
        defaults = {"colour": COLOURS[slug], "icon": ICONS[slug], "position": position}
        themes[slug], _created = Theme.objects.get_or_create(slug=slug, defaults=defaults)
        for code, locale in locales.items():
            ThemeName.objects.get_or_create(theme=themes[slug], locale=locale, defaults={"name": entry[code]["name"]})
    return themes


def load_cross_cutting(locales: Mapping[str, Locale]) -> dict[str, CrossCuttingTheme]:
    """Return the cross-cutting themes by their slugs; those that exist stay as staff left them."""
    themes: dict[str, CrossCuttingTheme] = {}
    for position, entry in enumerate(load("site")["cross_cutting"]):
        slug = entry["slug"]
        themes[slug], _created = CrossCuttingTheme.objects.get_or_create(slug=slug, defaults={"position": position})
        for code, locale in locales.items():
            CrossCuttingThemeName.objects.get_or_create(
                theme=themes[slug], locale=locale, defaults={"name": entry[code]}
            )
    return themes


def cross_cutting_of(entry: Entry) -> list[str]:
    """Return the slugs of the cross-cutting themes of this page."""
    return [theme["slug"] for theme in load("site")["cross_cutting"] if entry["key"] in theme["pages"]]
