"""Which tables a removed plugin left behind: never those of another app whose label begins the same way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from cms.content.leftovers import NothingToPurge, find_leftovers

TABLES = ("hub_maps_map", "hub_maps_extra_layer", "hub_loose_end")


@pytest.fixture
def gone(db: None) -> Iterator[None]:
    """Two removed plugins, `maps` and `maps_extra`, and a table of no known app."""
    for label, model in (("hub_maps", "map"), ("hub_maps_extra", "layer")):
        ContentType.objects.create(app_label=label, model=model)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {table} (id integer)")
    yield
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE {table}")


@pytest.mark.parametrize(("name", "tables"), [("maps", ["hub_maps_map"]), ("maps_extra", ["hub_maps_extra_layer"])])
def test_each_plugin_has_left_its_own_tables(gone: None, name: str, tables: list[str]) -> None:
    assert find_leftovers(name).tables == tables


@pytest.mark.parametrize("name", ["hub", "django", "wagtail", "loose"])
def test_of_what_never_was_a_plugin_here_nothing_is_left(gone: None, name: str) -> None:
    with pytest.raises(NothingToPurge):
        find_leftovers(name)


def test_a_table_that_a_model_uses_is_nobodys_leftover(db: None) -> None:
    ContentType.objects.create(app_label="hub", model="thing")
    found = find_leftovers("hub")
    assert not set(found.tables) & set(connection.introspection.django_table_names())
