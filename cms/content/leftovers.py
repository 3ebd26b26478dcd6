"""What a removed plugin has left behind, and how to delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from wagtail.models import Page

from cms.content.version import content_changed
from cms.models import PluginFault


class NothingToPurge(Exception):
    """Nothing of this plugin can be deleted; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What is left of the plugin `name`, whose app had this label."""

    name: str
    label: str
    pages: Sequence[Page]
    tables: Sequence[str]
    content_types: Sequence[ContentType]

    @property
    def lines(self) -> list[str]:
        """What would be deleted, one line per page and per table."""
        pages = [f"page {page.pk}: {page.title} ({page.url_path})" for page in self.pages]
        return [*pages, *(f"table {table}" for table in self.tables)]


def find_leftovers(name: str) -> Leftovers:
    """Return what is left of the plugin with this name or app label.

    Raises NothingToPurge if it is installed, if nothing is left, or if its pages have other pages below them.
    """
    labels = [label for label in (name, f"hub_{name}") if apps.is_installed(label) or _is_label(label)]
    if labels:
        raise NothingToPurge(f"“{name}” is installed. Disable it first, with HUB_PLUGINS_DISABLED={name}.")
    known = _known_labels()
    for label in (f"hub_{name}", name):
        if label in known:
            kinds = list(ContentType.objects.filter(app_label=label))
            pages = list(Page.objects.filter(content_type__in=kinds).order_by("path"))
            _require_nothing_below(pages, kinds=kinds)
            tables = _tables_of(label, known=known)
            return Leftovers(name=name, label=label, pages=pages, tables=tables, content_types=kinds)
    raise NothingToPurge(f"There is nothing left of a plugin “{name}”.")


def _is_label(label: str) -> bool:
    return any(config.label == label for config in apps.get_app_configs())


def _known_labels() -> set[str]:
    """Return the labels of all apps that have ever created something in this database."""
    migrated = MigrationRecorder.Migration.objects.values_list("app", flat=True)
    return {*migrated, *ContentType.objects.values_list("app_label", flat=True)}


def _tables_of(label: str, *, known: set[str]) -> list[str]:
    """Return the tables of this app alone: not those of a model in use, nor those of an app with a longer label."""
    longer = tuple(f"{other}_" for other in known if other.startswith(f"{label}_"))
    in_use = set(connection.introspection.django_table_names())
    return sorted(
        table
        for table in connection.introspection.table_names()
        if table.startswith(f"{label}_") and not table.startswith(longer) and table not in in_use
    )


def _require_nothing_below(pages: Sequence[Page], *, kinds: Sequence[ContentType]) -> None:
    for page in pages:
        other = page.get_descendants().exclude(content_type__in=kinds).first()
        if other is not None:
            raise NothingToPurge(f"“{other.title}”, a page of another kind, is below “{page.title}”. Move it first.")


@transaction.atomic
def purge(leftovers: Leftovers) -> None:
    """Delete the pages with everything that depends on them, the tables, the permissions and the migration records.

    Blocks that the plugin brought stay in the bodies of other pages, where editors can delete them.
    """
    with connection.cursor() as cursor:
        for table in leftovers.tables:
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")
    for page in Page.objects.filter(pk__in=[page.pk for page in leftovers.pages]).order_by("-depth"):
        page.delete()
    for kind in leftovers.content_types:
        kind.delete()
    MigrationRecorder.Migration.objects.filter(app=leftovers.label).delete()
    PluginFault.objects.filter(plugin=leftovers.name).delete()
    ContentType.objects.clear_cache()
    content_changed(now=timezone.now())
