"""The outbox: a row for each listening endpoint, in the transaction of the change, and a task after the commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from django.db import transaction
from wagtail.models import Site

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.models.webhook import nobody_listens
from cms.plugins.registry import personal_events
from cms.webhooks.events import Event

PERSONAL = "personal"


def record(*, site: Site, events: Iterable[Event], now: datetime) -> int:
    """Write a row for each of `events` and each active endpoint of the site that chose it; return how many rows.

    An endpoint that already has a row for an event gets no second one.
    """
    events = list(events)
    if not events:
        return 0
    return _record(events, endpoints=list(WebhookEndpoint.objects.filter(site=site, is_active=True)), now=now)


def record_personal(*, events: Iterable[Event], now: datetime) -> int:
    """Write a row for each of `events`, which are about persons, and each active endpoint of any site that chose it."""
    endpoints = personal_listeners()
    return _record(list(events), endpoints=endpoints, now=now) if endpoints else 0


def personal_listeners() -> list[WebhookEndpoint]:
    """Return the active endpoints that chose an event about persons; that there is none is remembered for a while."""
    if nobody_listens.get(PERSONAL):
        return []
    names = personal_events().keys()
    active = WebhookEndpoint.objects.filter(is_active=True)
    found = [endpoint for endpoint in active if names & set(endpoint.events)]
    if not found:
        nobody_listens.set(PERSONAL, True)  # noqa: FBT003  # a cache's value
    return found


def _record(events: Sequence[Event], *, endpoints: Sequence[WebhookEndpoint], now: datetime) -> int:
    rows = [
        _row(endpoint, event, now=now) for event in events for endpoint in endpoints if event.name in endpoint.events
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
    start_sending({row.endpoint_id for row in rows})
    return len(rows)


def record_for(endpoint: WebhookEndpoint, *, event: Event, now: datetime) -> WebhookDelivery:
    """Write an event for an endpoint, whichever events it chose."""
    row = _row(endpoint, event, now=now)
    row.save()
    start_sending({endpoint.pk})
    return row


def start_sending(endpoint_ids: Iterable[int]) -> None:
    """Start a task for each endpoint after the commit; the sweep starts tasks that get lost."""
    from cms.webhooks.tasks import send_webhooks  # noqa: PLC0415  # declaring a task reads the settings of its backend

    for key in sorted(endpoint_ids):
        transaction.on_commit(partial(send_webhooks.enqueue, key), robust=True)


def _row(endpoint: WebhookEndpoint, event: Event, *, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        event_id=event.id,
        event=event.name,
        subject=event.subject,
        body=_body(event, now=now),
        next_try_at=now,
        created_at=now,
    )


def _body(event: Event, *, now: datetime) -> str:
    """Return the message as the Standard Webhooks specification defines it: with an id and an RFC 3339 time."""
    timestamp = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = {"id": str(event.id), "type": event.name, "timestamp": timestamp, "data": event.data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
