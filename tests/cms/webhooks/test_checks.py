"""A typing error in the settings of webhooks shows when the server starts."""

from __future__ import annotations

from typing import Any

import pytest

from cms.webhooks.checks import check_settings


@pytest.mark.parametrize(
    ("setting", "numbers"),
    [
        ({}, []),
        ({"ALLOW_PRIVATE": True, "KEEP_DAYS": 1, "RETRY_SECONDS": (1, 2)}, []),
        ({"ALOW_PRIVATE": True}, ["hub_cms.E021"]),
        ({"KEEP_DAYS": 0}, ["hub_cms.E022"]),
        ({"BATCH_SIZE": "50"}, ["hub_cms.E022"]),
        ({"RETRY_SECONDS": (5, -1)}, ["hub_cms.E022"]),
    ],
)
def test_a_wrong_setting_is_named(settings: Any, setting: dict[str, Any], numbers: list[str]) -> None:
    settings.HUB_WEBHOOKS = setting
    assert [message.id for message in check_settings(None)] == numbers
