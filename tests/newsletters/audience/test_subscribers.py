"""People are found by their address, however it is written and however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from newsletters.models import Subscriber


@pytest.mark.parametrize("typed", ["Ann@Example.org", "ann@example.org", "ANN@EXAMPLE.ORG"])
def test_large_and_small_letters_are_one(db: Any, typed: str) -> None:
    ann = Subscriber.objects.create(email="Ann@example.org")
    Subscriber.objects.create(email="joann@example.org")
    assert list(Subscriber.objects.at(typed)) == [ann]


def test_letters_that_a_database_knows_no_small_form_of_are_found_as_they_were_written(db: Any) -> None:
    emil = Subscriber.objects.create(email="Émil@example.org")
    assert list(Subscriber.objects.at("Émil@example.org")) == [emil]


def test_the_index_of_addresses_is_used(db: Any) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # which is quicker for an empty table
    assert "one_subscriber_per_address" in Subscriber.objects.at("ann@example.org").explain()
