"""The plugins that are really there, once Django has loaded all apps."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.db.models import Model

from cms.plugins import BlockKind, IssueBlockKind, PageType, Plugin, StoryCard, StorySection, WebhookEvent
from cms.plugins.issue_checks import IssueCheck


@cache
def plugin_apps() -> tuple[tuple[AppConfig, Plugin], ...]:
    """Return the apps that have a `plugin.py` and what they declare in it, sorted by the plugin's name."""
    found = (
        (config, getattr(import_module(f"{config.name}.plugin"), "plugin", None))
        for config in apps.get_app_configs()
        if not config.name.startswith(("django.", "wagtail.")) and find_spec(f"{config.name}.plugin")
    )
    pairs = [(config, plugin) for config, plugin in found if isinstance(plugin, Plugin)]
    return tuple(sorted(pairs, key=lambda pair: pair[1].name))


@cache
def plugins() -> tuple[Plugin, ...]:
    """Return what each installed app declares in its `plugin.py`, sorted by name."""
    return tuple(plugin for _, plugin in plugin_apps())


@cache
def _owners() -> dict[int, str]:
    """Return the names of the plugins by what they declare; none of it goes as long as they are known."""
    return {
        id(part): plugin.name
        for plugin in plugins()
        for field in fields(plugin)
        if isinstance(getattr(plugin, field.name), tuple)
        for part in getattr(plugin, field.name)
    }


def owner_of(part: object) -> str:
    """Return the name of the plugin that declares this part, of the plugin itself its name; else the core's."""
    if isinstance(part, Plugin):
        return part.name
    return _owners().get(id(part), "cms")


@cache
def page_types() -> dict[type[Model], PageType]:
    """Return the page types of all plugins by their model class, without those whose model is missing."""
    return {
        model: page_type
        for plugin in plugins()
        for page_type in plugin.pages
        if (model := find_model(page_type.model)) is not None
    }


def find_model(label: str) -> type[Model] | None:
    """Return the model of this label ("hub_team.PersonPage"), None if it is not installed."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


@cache
def timed_filters() -> frozenset[str]:
    """Return the names of the filters whose answer depends on the time, such as what is to come."""
    filters = (each for page_type in page_types().values() for each in page_type.filters)
    return frozenset(each.name for each in filters if callable(each.lookup))


@cache
def story_cards() -> dict[str, StoryCard]:
    """Return the story cards of all plugins by the page type that they are for."""
    return {card.type: card for plugin in plugins() for card in plugin.story_cards}


def card_for(page: Model) -> StoryCard | None:
    """Return the story card for this specific page, None if its type cannot be a story."""
    page_type = page_types().get(type(page))
    return story_cards().get(page_type.type) if page_type else None


@cache
def block_kinds() -> dict[str, BlockKind]:
    """Return the kinds of block of all plugins by their names, the core's first."""
    return {kind.name: kind for plugin in _first("cms") for kind in plugin.blocks}


@cache
def issue_block_kinds() -> dict[str, IssueBlockKind]:
    """Return the kinds of block for issues of all plugins by their names, the newsletter's own first."""
    return {kind.name: kind for plugin in _first("newsletters") for kind in plugin.issue_blocks}


@cache
def story_sections() -> dict[str, StorySection]:
    """Return the sections of the mail of all plugins by their names, in their places."""
    sections = (section for plugin in plugins() for section in plugin.story_sections)
    return {section.name: section for section in sorted(sections, key=lambda section: section.place)}


def webhook_events() -> list[WebhookEvent]:
    """Return what webhooks may tell, the core's events first."""
    return [event for plugin in _first("cms") for event in plugin.events]


@cache
def issue_checks() -> tuple[IssueCheck, ...]:
    """Return what all plugins check in an issue, in the order of their names."""
    return tuple(check for plugin in plugins() for check in plugin.issue_checks)


def _first(name: str) -> list[Plugin]:
    return sorted(plugins(), key=lambda plugin: plugin.name != name)


def forget() -> None:
    """Look for plugins anew; for tests that add or remove one."""
    cached = (plugin_apps, plugins, _owners, page_types, timed_filters, story_cards, block_kinds, issue_block_kinds)
    for function in (*cached, story_sections, issue_checks):
        function.cache_clear()
