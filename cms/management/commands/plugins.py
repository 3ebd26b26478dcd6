"""List the installed plugins and what they add to the hub, or delete what a removed plugin left behind."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from cms.content.leftovers import NothingToPurge, find_leftovers, purge
from cms.plugins.described import describe
from cms.plugins.registry import plugins

COLUMNS = ("name", "version", "contract", "page types", "routes", "story cards")


class Command(BaseCommand):
    help = "List the installed plugins with their versions, contracts, page types, routes and story cards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--purge",
            metavar="NAME",
            help="List and delete what a plugin that is no longer installed has left behind.",
        )
        parser.add_argument("--no-input", action="store_true", help="Do not ask before deleting.")
        parser.add_argument("--json", action="store_true", help="Write JSON instead of a table.")

    def handle(self, *, purge: str | None, no_input: bool, **options: object) -> None:
        if purge:
            self._purge(purge, asks=not no_input)
            return
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

    def _purge(self, name: str, *, asks: bool) -> None:
        try:
            leftovers = find_leftovers(name)
        except NothingToPurge as error:
            raise CommandError(str(error)) from error
        self.stdout.write("This would be deleted for good, with drafts, history and translations of these pages:")
        self.stdout.write("\n".join(f"  {line}" for line in leftovers.lines))
        if asks and not _agreed(name):
            self.stdout.write("Nothing was deleted.")
            return
        purge(leftovers)
        self.stdout.write(
            f"Deleted what “{name}” had left: {len(leftovers.pages)} pages, {len(leftovers.tables)} tables."
        )


def _agreed(name: str) -> bool:
    try:
        return input(f"Type {name} to delete it: ").strip() == name
    except EOFError as error:
        raise CommandError("Nobody is there to agree: nothing was deleted. Add --no-input to delete it.") from error


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value if value is not None else "?")
