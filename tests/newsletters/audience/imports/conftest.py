"""Somebody who imports."""

from __future__ import annotations

import pytest

from tests.newsletters.audience.imports.importing import Importer
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


@pytest.fixture
def importer(hub: Hub) -> Importer:
    """An administrator at the pages of imports."""
    return Importer(hub, client_of(hub, "administrator"))
