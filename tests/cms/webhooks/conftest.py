"""A webhook that listens to everything on the default site, and ways to look at its messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from wagtail.models import Site

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.plugins import PersonalEvent
from cms.plugins.registry import webhook_events
from cms.webhooks.schemas import webhook_message
from newsletters.testing import FixedClock

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def make_endpoint(site: Site) -> Callable[..., WebhookEndpoint]:
    def make(url: str = "https://web.example/hook", **fields: Any) -> WebhookEndpoint:
        every = [event.name for event in webhook_events() if not isinstance(event, PersonalEvent)]
        return WebhookEndpoint.objects.create(**{"site": site, "url": url, "events": every} | fields)

    return make


@pytest.fixture
def endpoint(make_endpoint: Callable[..., WebhookEndpoint]) -> WebhookEndpoint:
    return make_endpoint()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=NOW)


@pytest.fixture
def heard(db: None) -> Callable[..., list[tuple[str, dict[str, Any]]]]:
    """Return the events and data since the last call, in order: heard() or heard(endpoint)."""
    seen: set[int] = set()
    schema = webhook_message()

    def read(endpoint: WebhookEndpoint | None = None) -> list[tuple[str, dict[str, Any]]]:
        new = WebhookDelivery.objects.exclude(pk__in=seen).order_by("pk")
        rows = list(new.filter(endpoint=endpoint) if endpoint else new)
        seen.update(row.pk for row in rows)
        for row in rows:
            schema.model_validate_json(row.body)  # what the API's description says of it
        return [(row.event, json.loads(row.body)["data"]) for row in rows]

    return read


def waiting(endpoint: WebhookEndpoint, *, now: datetime = NOW, **fields: Any) -> WebhookDelivery:
    """Make a delivery that is due at `now`."""
    from uuid import uuid4

    values = {"event": "ping", "event_id": uuid4(), "body": '{"type":"ping"}', "next_try_at": now, "created_at": now}
    return WebhookDelivery.objects.create(endpoint=endpoint, **values | fields)
