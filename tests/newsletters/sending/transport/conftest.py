"""The tests of the transports need no database, as the transports need none."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def without_a_database(request: pytest.FixtureRequest) -> None:
    """Refuse a test that asks for a database; pytest-django stops whoever uses one without asking."""
    asked = {"db", "transactional_db", "built_hub"} & set(request.fixturenames)
    assert not asked, "a test of a worker and a transport belongs in tests/newsletters/sending/engine"
    assert request.node.get_closest_marker("django_db") is None
