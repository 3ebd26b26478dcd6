"""The description of a plugin: its version, its contract, what it adds."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from cms.plugins import Plugin


def describe(plugin: Plugin) -> dict[str, object]:
    """Return a description of the plugin as JSON data; `version` is None if its package is not installed."""
    try:
        installed: str | None = version(plugin.distribution)
    except PackageNotFoundError:
        installed = None
    lowest, highest = plugin.contracts
    paths = plugin.router.path_operations if plugin.router else {}
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": installed,
        "contract": lowest if lowest == highest else f"{lowest}–{highest}",
        "page_types": [page_type.type for page_type in plugin.pages],
        "routes": [f"/api/v1/{plugin.name}/{route.lstrip('/')}".rstrip("/") for route in paths],
        "story_cards": [card.type for card in plugin.story_cards],
        "blocks": [*(kind.name for kind in plugin.blocks), *(kind.name for kind in plugin.issue_blocks)],
    }
