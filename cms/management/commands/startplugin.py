"""Make the skeleton of a plugin: a page type, a card, blocks for pages and mails, a route, and tests that pass."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandError
from django.core.management.templates import TemplateCommand

from cms.plugins.contract import plugin_entry_points
from cms.plugins.rules import RESERVED

TEMPLATE = Path(__file__).resolve().parents[2] / "plugin_template"


class Command(TemplateCommand):
    help = "Make the skeleton of a plugin in its own package, with tests that pass."
    missing_args_message = "Give the plugin a name: manage.py startplugin recipes"

    rewrite_template_suffixes = ((".py-tpl", ".py"), (".toml-tpl", ".toml"))

    def handle(  # type: ignore[override]  # Django gives the name as an option
        self, *, name: str, directory: str | None, **options: object
    ) -> None:
        taken = RESERVED | {entry.name for entry in plugin_entry_points()}
        if name in taken or name != name.lower():
            raise CommandError(
                f"“{name}” cannot be a plugin's name. Use lower-case letters, and none of {', '.join(sorted(taken))}."
            )
        options |= {"template": str(TEMPLATE), "extensions": ["py", "toml", "html", "mjml", "txt"]}
        super().handle("app", name, directory, **options)
        self.stdout.write(
            f"The plugin is in {directory or name}/. Next:\n"
            f"  pip install -e {directory or name}\n"
            "  python manage.py migrate\n"
            "  python manage.py plugins\n"
            f"  cd {directory or name} && python -m pytest"
        )
