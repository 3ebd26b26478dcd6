"""How many queries the links in mails cost, besides those that open and close transactions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.webhooks.outbox import personal_listeners
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.models import Subscription
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.building import Hub


def queries(client: Client, address: str, data: dict[str, Any]) -> int:
    client.get(address)
    assert personal_listeners() == []  # which is remembered for some seconds
    with CaptureQueriesContext(connection) as captured:
        assert client.post(address, data).status_code == 200
        return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize(("data", "most"), [({"List-Unsubscribe": "One-Click"}, 6), ({}, 7)])
def test_leaving(hub: Hub, client: Client, data: dict[str, str], most: int) -> None:
    (ann,) = hub.subscribe("ann")
    token = make_token(Purpose.UNSUBSCRIBE, subscription_pk=ann.pk)
    assert queries(client, reverse("newsletters:unsubscribe", args=[token]), data) <= most
    assert Subscription.objects.get().status == Subscription.Status.ENDED


def test_confirming(hub: Hub, client: Client) -> None:
    token = make_confirmation_token(sign_up_pk=hub.ask("eve").pk)
    assert queries(client, reverse("newsletters:confirm", args=[token]), {}) <= 13
    assert Subscription.objects.get().status == Subscription.Status.ACTIVE
