"""Tasks and the sweep: the rows start them, and their number does not grow."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks import tasks
from cms.webhooks.client import Answer, TooSlow
from cms.webhooks.testing import FakeReceiver
from tests.cms.webhooks.conftest import waiting


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> FakeReceiver:
    receiver = FakeReceiver()
    monkeypatch.setattr(tasks, "post", receiver)
    return receiver


def started() -> list[Any]:
    rows = DBTaskResult.objects.filter(task_path="cms.webhooks.tasks.send_webhooks").order_by("enqueued_at")
    return [(row.args_kwargs["args"][0], row.run_after) for row in rows]


def test_a_failed_try_asks_for_one_more_task_at_the_time_of_the_next_try(
    endpoint: WebhookEndpoint, receiver: FakeReceiver
) -> None:
    receiver.answers = [TooSlow()]
    row = waiting(endpoint, now=timezone.now())
    assert tasks.send_webhooks.call(endpoint.pk) == 1
    row.refresh_from_db()
    assert started() == [(endpoint.pk, row.next_try_at)]


def test_a_task_with_nothing_to_do_asks_for_no_other(endpoint: WebhookEndpoint, receiver: FakeReceiver) -> None:
    waiting(endpoint, now=timezone.now() + timedelta(hours=1))
    assert tasks.send_webhooks.call(endpoint.pk) == 0
    assert started() == []


def test_a_task_whose_endpoint_is_gone_does_nothing(receiver: FakeReceiver, db: None) -> None:
    assert tasks.send_webhooks.call(999) == 0


def test_the_sweep_starts_what_is_due_and_what_a_dead_worker_held(
    endpoint: WebhookEndpoint, make_endpoint: Any
) -> None:
    now = timezone.now()
    waiting(endpoint, now=now)
    waiting(endpoint, now=now)
    held = make_endpoint("https://held.example/")
    waiting(held, state="sending", next_try_at=None, leased_until=now - timedelta(seconds=1))
    busy = make_endpoint("https://busy.example/")
    waiting(busy, state="sending", next_try_at=None, leased_until=now + timedelta(minutes=1))
    off = make_endpoint("https://off.example/", is_active=False, off_reason="by_hand")
    waiting(off, now=now)
    assert tasks.sweep() == [endpoint.pk, held.pk]
    assert [key for key, _ in started()] == [endpoint.pk, held.pk]
    assert tasks.sweep() == []  # those that wait for a worker are enough
    assert len(started()) == 2


def test_the_sweep_forgets_the_old_log(endpoint: WebhookEndpoint, settings: Any) -> None:
    settings.HUB_WEBHOOKS = {"KEEP_DAYS": 3}
    old = timezone.now() - timedelta(days=4)
    waiting(endpoint, state="delivered", next_try_at=None, delivered_at=old, created_at=old)
    tasks.sweep()
    assert not WebhookDelivery.objects.exists()


def test_the_pictures_of_a_page_are_there_when_its_news_arrives(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch, make_article: Any, make_image: Any, client: Any
) -> None:
    image = make_image()
    page = make_article("one", image=image, body=[("image", {"image": image})])
    seen: list[Any] = []

    def fetch(url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
        """Request the page as soon as it is announced, as a website does that rebuilds its pages."""
        seen.append(client.get(f"/api/v1/pages/{json.loads(body)['data']['page']['id']}").json())
        return Answer(status=200)

    monkeypatch.setattr(tasks, "post", fetch)
    page.save_revision().publish()
    WebhookDelivery.objects.update(next_try_at=timezone.now())
    assert tasks.send_webhooks.call(endpoint.pk) >= 1
    told = next(each for each in seen if each["id"] == page.pk)
    assert [len(source["srcset"]) for source in told["image"]["sources"]] == [2, 2, 2]
    assert [block["type"] for block in told["body"]] == ["image"]


def test_news_leaves_though_a_picture_is_broken(
    endpoint: WebhookEndpoint, receiver: FakeReceiver, make_article: Any, make_image: Any, monkeypatch: Any
) -> None:
    page = make_article("one", image=make_image())
    Path(page.image.file.path).write_bytes(b"broken")
    page.save_revision().publish()
    WebhookDelivery.objects.update(next_try_at=timezone.now())
    assert tasks.send_webhooks.call(endpoint.pk) >= 1
    monkeypatch.setattr(tasks, "make_now", lambda **asked: 1 / 0)
    page.save_revision().publish()
    assert tasks.send_webhooks.call(endpoint.pk) >= 1
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()
