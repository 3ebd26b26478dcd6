"""The benches make their crowds by SQL, past the models: a column that a model gains must not stop them unseen."""

from __future__ import annotations

import pytest
from django.db import connection

from bench import audience_list, audience_segments
from newsletters.models import ConsentEvent, Delivery, Subscription
from tests.newsletters.building import Hub

FEW = 40


@pytest.fixture(autouse=True)
def _on_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("The benches of large audiences are for PostgreSQL")


def test_the_crowd_of_the_list(hub: Hub) -> None:
    audience_list.subscribe(hub, people=FEW)
    assert Subscription.objects.count() == FEW
    assert ConsentEvent.objects.count() == 2 * FEW


def test_the_crowd_of_the_segments(hub: Hub) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # tables with checks that wait cannot be emptied
    audience_segments.fill(hub, people=FEW)
    assert Subscription.objects.count() == FEW
    assert Delivery.objects.values("issue").distinct().count() == audience_segments.ISSUES
