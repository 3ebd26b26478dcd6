"""The addresses that mails come back to."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_addresses(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {
        "BOUNCE_ADDRESS": "bounces@hub.example.org",
        "UNSUBSCRIBE_ADDRESS": "unsubscribe@hub.example.org",
    }
