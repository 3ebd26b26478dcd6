"""List the installed plugins: what each is, and what it adds to the hub."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.core.management.base import BaseCommand

from cms.plugins import Plugin
from cms.plugins.registry import plugins

COLUMNS = ("name", "version", "contract", "page types", "routes", "story cards")


class Command(BaseCommand):
    help = "List the installed plugins with their versions, contracts, page types, routes and story cards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Write JSON instead of a table.")

    def handle(self, **options: Any) -> None:
        rows = [describe(plugin) for plugin in plugins()]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        table = [
            COLUMNS,
            *(tuple(_cell(row[column.replace(" ", "_")]) for column in COLUMNS) for row in rows),
        ]
        widths = [max(len(line[column]) for line in table) for column in range(len(COLUMNS))]
        for line in table:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def describe(plugin: Plugin) -> dict[str, Any]:
    """Return what the plugin is and adds, as JSON data; `version` is None if its package is not installed."""
    try:
        found: str | None = version(plugin.distribution)
    except PackageNotFoundError:
        found = None
    paths = plugin.router.path_operations if plugin.router else {}
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": found,
        "contract": plugin.contract,
        "page_types": [each.type for each in plugin.pages],
        "routes": [f"/api/v1/{plugin.name}/{route.lstrip('/')}".rstrip("/") for route in paths],
        "story_cards": [each.type for each in plugin.story_cards],
    }


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value if value is not None else "?")
