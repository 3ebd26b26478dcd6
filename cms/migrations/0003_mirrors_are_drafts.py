"""Pages that mirror one in another language, and so showed its words as theirs, become drafts."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F


def unpublish(apps: Any, schema_editor: Any) -> None:
    """Take them down, and the aliases of them."""
    pages = apps.get_model("wagtailcore", "Page").objects.using(schema_editor.connection.alias)
    aliases = pages.exclude(alias_of=None)
    found = set(aliases.exclude(locale=F("alias_of__locale")).values_list("pk", flat=True))
    while below := set(aliases.filter(alias_of__in=found).values_list("pk", flat=True)) - found:
        found |= below
    fields = {"live_revision": None, "first_published_at": None, "last_published_at": None}
    pages.filter(pk__in=found).update(live=False, has_unpublished_changes=True, **fields)


class Migration(migrations.Migration):
    dependencies = [("hub_cms", "0002_page_indexes"), ("wagtailcore", "0098_apitoken")]

    operations = [migrations.RunPython(unpublish, migrations.RunPython.noop)]
