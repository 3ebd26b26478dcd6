"""What there is to say of each plugin: its version, its contract, what it adds."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from cms.plugins import Plugin


def describe(plugin: Plugin) -> dict[str, object]:
    """Return what the plugin is and adds, as JSON data; `version` is None if its package is not installed."""
    try:
        found: str | None = version(plugin.distribution)
    except PackageNotFoundError:
        found = None
    lowest, highest = plugin.contracts
    paths = plugin.router.path_operations if plugin.router else {}
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": found,
        "contract": lowest if lowest == highest else f"{lowest}–{highest}",
        "page_types": [each.type for each in plugin.pages],
        "routes": [f"/api/v1/{plugin.name}/{route.lstrip('/')}".rstrip("/") for route in paths],
        "story_cards": [each.type for each in plugin.story_cards],
        "blocks": [*(kind.name for kind in plugin.blocks), *(kind.name for kind in plugin.issue_blocks)],
    }
