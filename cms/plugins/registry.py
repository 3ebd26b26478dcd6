"""The installed plugins and what they declare, once Django has loaded all apps."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.db.models import Model

from cms.plugins import (
    BlockKind,
    IssueBlockKind,
    PageType,
    PersonalEvent,
    Plugin,
    StoryCard,
    StorySection,
    WebhookEvent,
)
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
    """Return the plugins' names by the ids of what they declare, which lives as long as the plugins are cached."""
    return {
        id(part): plugin.name
        for plugin in plugins()
        for field in fields(plugin)
        if isinstance(getattr(plugin, field.name), tuple)
        for part in getattr(plugin, field.name)
    }


def owner_of(part: object) -> str:
    """Return the name of the plugin that is or declares this part, else the core's."""
    if isinstance(part, Plugin):
        return part.name
    return _owners().get(id(part), "cms")


def package_of(plugin: Plugin) -> str:
    """Return the Python package of the app that declares this plugin, else the distribution that the plugin names."""
    packages = (config.name for config, installed in plugin_apps() if installed is plugin)
    return next(packages, plugin.distribution)


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
    """Return the names of the filters whose result depends on the time, such as upcoming activities."""
    filters = (page_filter for page_type in page_types().values() for page_filter in page_type.filters)
    return frozenset(page_filter.name for page_filter in filters if callable(page_filter.lookup))


@cache
def story_cards() -> dict[str, StoryCard]:
    """Return the story cards of all plugins by the page type that they are for."""
    return {card.type: card for plugin in plugins() for card in plugin.story_cards}


def card_for(page: Model) -> StoryCard | None:
    """Return the story card for this specific page; None if its type has none."""
    page_type = page_types().get(type(page))
    return story_cards().get(page_type.type) if page_type else None


@cache
def block_kinds() -> dict[str, BlockKind]:
    """Return the block kinds of all plugins by name, the core's first."""
    return {kind.name: kind for plugin in _first("cms") for kind in plugin.blocks}


@cache
def issue_block_kinds() -> dict[str, IssueBlockKind]:
    """Return the issue block kinds of all plugins by name, the newsletter's own first."""
    return {kind.name: kind for plugin in _first("newsletters") for kind in plugin.issue_blocks}


@cache
def story_sections() -> dict[str, StorySection]:
    """Return the mail's sections of all plugins by name, in the order of their places."""
    sections = (section for plugin in plugins() for section in plugin.story_sections)
    return {section.name: section for section in sorted(sections, key=lambda section: section.place)}


def webhook_events() -> list[WebhookEvent]:
    """Return the events that webhooks can choose, the core's first."""
    return [event for plugin in _first("cms") for event in plugin.events]


def personal_events() -> dict[str, PersonalEvent]:
    """Return the events about persons, by their names."""
    return {event.name: event for event in webhook_events() if isinstance(event, PersonalEvent)}


@cache
def issue_checks() -> tuple[IssueCheck, ...]:
    """Return the issue checks of all plugins, in the order of the plugins' names."""
    return tuple(check for plugin in plugins() for check in plugin.issue_checks)


def _first(name: str) -> list[Plugin]:
    return sorted(plugins(), key=lambda plugin: plugin.name != name)


def forget() -> None:
    """Clear the caches; for tests that add or remove a plugin."""
    cached = (plugin_apps, plugins, _owners, page_types, timed_filters, story_cards, block_kinds, issue_block_kinds)
    for function in (*cached, story_sections, issue_checks):
        function.cache_clear()
