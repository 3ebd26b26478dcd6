"""From a published page to another server that was down for a while: over HTTP, by a background task, verified."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from wagtail.models import Page

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks import changes
from cms.webhooks.client import post
from cms.webhooks.send import send_due
from cms.webhooks.testing import FakeReceiver
from newsletters.testing import FixedClock
from tests.acceptance.test_workers import at_once, needs_postgres
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.django_db(transaction=True)  # the worker closes its connections

State = WebhookDelivery.State


class Receiver:
    """A website's server: it accepts messages that the library verifies with its secret, and answers 401 to others."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/hooks/hub"
        self.secret = ""
        self.taken: list[dict[str, Any]] = []

    @contextmanager
    def up(self) -> Iterator[None]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    receiver.taken.append(Webhook(receiver.secret).verify(body, dict(self.headers)))
                    self.send_response(204)
                except WebhookVerificationError:
                    self.send_response(401)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    return build_hub()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True, "ANSWER_SECONDS": 60}
    with socket.socket() as held:  # so that nobody else takes its port while it is down
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield Receiver(held.getsockname()[1])


@pytest.fixture
def administrator(hub: Hub) -> Client:
    client = Client()
    client.force_login(hub.users["administrator"])
    return client


def work() -> None:
    options = ["--queue-name", "*", "--backend", "background", "--batch", "--no-reload", "--no-startup-delay"]
    call_command("db_worker", *options, "--interval", "0", verbosity=0)


def later(endpoint: WebhookEndpoint, **time: float) -> int:
    """Let the worker continue after this time."""
    clock = FixedClock(at=timezone.now() + timedelta(**time))
    return send_due(endpoint.pk, post=post, clock=clock, chance=lambda: 0.0)


def add_webhook(administrator: Client, hub: Hub, receiver: Receiver) -> WebhookEndpoint:
    """Add it in the admin and copy its secret to the receiver, as a person does."""
    fields = {"url": receiver.url, "note": "The website", "site": hub.site.pk}
    made = administrator.post("/admin/webhooks/new/", fields | {"events": ["page.published", "page.unpublished"]})
    shown = administrator.post(made.headers["Location"]).content.decode()
    receiver.secret = unescape(re.findall(r'value="(whsec_[^"]+)"', shown)[0])
    return WebhookEndpoint.objects.get()


def test_a_receiver_that_was_down_gets_what_it_missed_and_verifies_it(
    hub: Hub, receiver: Receiver, administrator: Client
) -> None:
    endpoint = add_webhook(administrator, hub, receiver)
    article = next(iter(hub.articles.values()))["en"]

    article.save_revision().publish()
    work()
    row = endpoint.deliveries.get()
    assert (row.state, row.attempts, row.trouble) == (State.WAITING, 1, "unreachable")
    assert "No connection to the receiver" in administrator.get(f"/admin/webhooks/log/{endpoint.pk}/").content.decode()

    article.unpublish()  # while the receiver is down
    with receiver.up():
        assert later(endpoint, seconds=7) == 2
    row.refresh_from_db()
    assert (row.state, row.attempts, row.status_code) == (State.DELIVERED, 2, 204)
    assert [message["type"] for message in receiver.taken] == ["page.published", "page.unpublished"]
    assert receiver.taken[0]["data"]["page"]["title"] == article.title
    assert receiver.taken[0]["id"] == str(row.event_id)

    administrator.post(f"/admin/webhooks/send-again/{row.pk}/")
    with receiver.up():
        work()
    assert [message["id"] for message in receiver.taken].count(str(row.event_id)) == 2
    assert endpoint.deliveries.filter(state=State.DELIVERED).count() == 2


def test_a_receiver_with_the_old_secret_goes_on_after_a_rotation(
    hub: Hub, receiver: Receiver, administrator: Client
) -> None:
    endpoint = add_webhook(administrator, hub, receiver)
    administrator.post(f"/admin/webhooks/rotate/{endpoint.pk}/")
    administrator.post(f"/admin/webhooks/test/{endpoint.pk}/")
    with receiver.up():
        work()
    assert [message["type"] for message in receiver.taken] == ["ping"]


def test_a_receiver_with_another_secret_takes_nothing(hub: Hub, receiver: Receiver, administrator: Client) -> None:
    endpoint = add_webhook(administrator, hub, receiver)
    receiver.secret = "whsec_" + "A" * 43 + "="
    administrator.post(f"/admin/webhooks/test/{endpoint.pk}/")
    with receiver.up():
        work()
    row = endpoint.deliveries.get()
    assert (receiver.taken, row.state, row.status_code) == ([], State.WAITING, 401)


def test_without_the_setting_nothing_reaches_loopback(
    hub: Hub, receiver: Receiver, administrator: Client, settings: Any
) -> None:
    endpoint = add_webhook(administrator, hub, receiver)
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": False}
    administrator.post(f"/admin/webhooks/test/{endpoint.pk}/")
    with receiver.up():
        work()
    assert (receiver.taken, endpoint.deliveries.get().trouble) == ([], "private")


def test_workers_at_once_send_each_message_once(hub: Hub) -> None:
    needs_postgres()
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.create(site=hub.site, url="https://web.example/", events=["page.published"])
    for articles in hub.articles.values():
        articles["en"].save_revision().publish()
    count = endpoint.deliveries.count()
    assert count >= 2
    receiver = FakeReceiver()
    clock = FixedClock(at=now + timedelta(seconds=5))
    act: Callable[[int], int] = lambda _: send_due(endpoint.pk, post=receiver, clock=clock, chance=lambda: 0.0)  # noqa: E731
    assert sum(at_once(act, times=4)) == count
    ids = [message.headers["webhook-id"] for message in receiver.got]
    assert len(ids) == len(set(ids)) == count


class Broken(Exception):
    """An error while a row is written."""


@pytest.mark.parametrize("change", ["publish", "unpublish", "move", "delete"])
def test_each_change_and_its_row_are_one_transaction(hub: Hub, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """If the row cannot be written, the page does not change either."""
    WebhookEndpoint.objects.create(site=hub.site, url="https://web.example/", events=["page.published"])
    article, home = next(iter(hub.articles.values()))["en"], hub.site.root_page
    revision = article.save_revision()

    def record(*, events: Any, **kwargs: Any) -> int:
        if list(events):
            raise Broken
        return 0

    def state() -> Any:
        return Page.objects.filter(pk=article.pk).values("live", "path", "url_path", "last_published_at").first()

    acts: dict[str, Callable[[], Any]] = {
        "publish": revision.publish,
        "unpublish": article.unpublish,
        "move": lambda: article.move(home, pos="last-child"),
        "delete": article.delete,
    }
    before = state()
    monkeypatch.setattr(changes, "record", record)
    assert not connection.in_atomic_block
    with pytest.raises(Broken):
        acts[change]()
    assert state() == before
