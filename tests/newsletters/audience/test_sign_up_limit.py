"""How often one client may ask for subscriptions is a setting: a website's server asks for all its visitors."""

from __future__ import annotations

from typing import Any

from django.test import Client

ASKED = {"email": "eve@example.org", "language": "en", "themes": ["data"]}


def test_the_setting_counts_for_the_api_and_the_page_together(hub: Any, client: Client, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UPS_PER_HOUR": 2}
    address = "/api/v1/newsletters/letter/subscriptions"
    assert [client.post(address, ASKED, "application/json").status_code for _time in range(3)] == [202, 202, 429]
    refused = client.post("/n/s/letter/en", ASKED)
    assert (refused.status_code, int(refused["Retry-After"]) > 3000) == (429, True)
