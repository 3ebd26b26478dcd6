"""Webhooks are notified once when an issue has been sent."""

from __future__ import annotations

import json
from typing import Any

from cms.models import WebhookDelivery, WebhookEndpoint
from newsletters.models import Delivery, Dispatch
from newsletters.sending import ledger
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub


def listen(hub: Hub) -> None:
    WebhookEndpoint.objects.create(site=hub.site, url="https://web.example/", events=["issue.sent"])


def told() -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in WebhookDelivery.objects.all()]


def test_a_finished_dispatch_is_told_with_the_issues_place(hub: Hub, work: Any) -> None:
    listen(hub)
    hub.subscribe("ann")
    dispatch = hub.send()
    assert told() == []
    work(dispatch, FakeTransport())
    assert dispatch.status == Dispatch.Status.FINISHED
    (message,) = told()
    assert message["type"] == "issue.sent"
    assert message["data"]["page"]["id"] == dispatch.issue_id
    assert message["data"]["page"]["type"] == "issue"
    assert message["data"]["surrogate_keys"] == [f"page-{dispatch.issue_id}"]


def test_a_dispatch_that_finishes_twice_is_told_once(hub: Hub, work: Any) -> None:
    listen(hub)
    hub.subscribe("ann")
    dispatch = hub.send()
    work(dispatch, FakeTransport())
    dispatch.deliveries.update(status=Delivery.Status.UNCERTAIN, settled_at=None)
    assert ledger.resolve_uncertain(dispatch.deliveries.get().pk, went_out=False, now=hub.now)
    work(dispatch, FakeTransport())
    assert dispatch.status == Dispatch.Status.FINISHED
    assert len(told()) == 1


def test_a_cancelled_dispatch_is_not_told(hub: Hub, work: Any) -> None:
    listen(hub)
    hub.subscribe("ann")
    dispatch = hub.send()
    ledger.cancel(dispatch, now=hub.now)
    work(dispatch, FakeTransport())
    assert told() == []
