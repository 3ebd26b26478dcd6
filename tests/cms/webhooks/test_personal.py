"""Events about persons: chosen by those who may see them, sent in order, without a trace of the person in the hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from pydantic import BaseModel

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.plugins import PersonalEvent
from cms.webhooks import outbox, send
from cms.webhooks.announce import Occasion, announce_about, forget_people
from cms.webhooks.client import Answer, NoAnswer
from cms.webhooks.send import send_due
from cms.webhooks.testing import TAKEN, FakeReceiver
from newsletters.testing import FixedClock
from tests.cms.webhooks.conftest import NOW, waiting

ANN, BOB = uuid4(), uuid4()
NAMES = {ANN: "ann@example.org", BOB: "bob@example.org"}
JOINED, GONE = "subscriber.confirmed", "subscriber.erased"
State = WebhookDelivery.State


class Person(BaseModel):
    address: str
    step: str


@pytest.fixture
def known(monkeypatch: Any) -> dict[UUID, str]:
    """Whom the plugin knows, by their ids."""
    people = dict(NAMES)

    def complete(announced: Mapping[str, str]) -> Person | None:
        person = UUID(announced["who"])
        return Person(address=people[person], step=announced["step"]) if person in people else None

    event = PersonalEvent(name=JOINED, label="x", permission="a.b", data=Person, complete=complete)
    for module in (outbox, send):
        monkeypatch.setattr(module, "personal_events", lambda: {JOINED: event})
    return people


@pytest.fixture
def listener(make_endpoint: Any, known: Any) -> WebhookEndpoint:
    made: WebhookEndpoint = make_endpoint(events=[JOINED])
    return made


def announce(*people: UUID) -> int:
    occasions = (
        Occasion(event=JOINED, person=person, data={"who": str(person), "step": str(number)})
        for number, person in enumerate(people)
    )
    return announce_about(occasions, now=NOW)


def work(endpoint: WebhookEndpoint, receiver: FakeReceiver, clock: FixedClock) -> int:
    return send_due(endpoint.pk, post=receiver, clock=clock, chance=lambda: 0.0)


def got(receiver: FakeReceiver) -> list[tuple[str, str]]:
    data = [json.loads(message.body)["data"] for message in receiver.got]
    return [(each["address"].partition("@")[0], each["step"]) for each in data]


def stored() -> str:
    return str(list(WebhookDelivery.objects.values_list()))


def test_the_address_is_sent_but_never_stored(listener: WebhookEndpoint, clock: FixedClock) -> None:
    assert announce(ANN) == 1
    receiver = FakeReceiver(answers=[Answer(status=200, excerpt='{"created": "ann@example.org"}')])
    work(listener, receiver, clock)
    assert got(receiver) == [("ann", "0")]
    row = WebhookDelivery.objects.get()
    assert (row.state, row.subject, row.answer, row.about) == (State.DELIVERED, ANN, "", str(ANN))
    assert "ann@" not in stored()


def test_only_who_asked_for_it_by_name_is_told(make_endpoint: Any, known: Any) -> None:
    make_endpoint(events=["page.published", "issue.sent"])
    off = make_endpoint(events=[JOINED])
    off.switch_off(reason=WebhookEndpoint.Off.BY_HAND)
    assert announce(ANN) == 0
    off.switch_on()
    assert announce(ANN) == 1


def test_that_nobody_listens_is_remembered_and_costs_no_query(
    make_endpoint: Any, known: Any, django_assert_num_queries: Any
) -> None:
    announce(ANN)
    with django_assert_num_queries(0):
        assert announce(ANN, BOB) == 0
    make_endpoint(events=[JOINED])
    with django_assert_num_queries(2):
        assert announce(ANN, BOB, ANN) == 3


def test_a_refused_message_holds_the_same_persons_later_ones_and_nobody_elses(
    listener: WebhookEndpoint, clock: FixedClock
) -> None:
    announce(ANN, ANN, BOB)
    receiver = FakeReceiver(answers=[Answer(status=500), TAKEN])
    assert work(listener, receiver, clock) == 2
    assert got(receiver) == [("ann", "0"), ("bob", "2")]
    clock.at += timedelta(seconds=10)
    work(listener, receiver, clock)
    assert got(receiver) == [("ann", "0"), ("bob", "2"), ("ann", "0"), ("ann", "1")]


def test_two_workers_never_have_two_messages_about_one_person(listener: WebhookEndpoint) -> None:
    announce(ANN, ANN, BOB)
    first = WebhookDelivery.claim_next(endpoint_id=listener.pk, now=NOW)
    second = WebhookDelivery.claim_next(endpoint_id=listener.pk, now=NOW)
    assert first
    assert second
    assert (first.subject, second.subject) == (ANN, BOB)
    assert WebhookDelivery.claim_next(endpoint_id=listener.pk, now=NOW) is None


def test_a_message_about_somebody_who_is_gone_is_not_sent(
    listener: WebhookEndpoint, known: dict[UUID, str], clock: FixedClock
) -> None:
    announce(ANN, BOB)
    del known[ANN]
    receiver = FakeReceiver()
    assert work(listener, receiver, clock) == 2
    assert got(receiver) == [("bob", "1")]
    assert str(ANN) not in stored()


def test_forgetting_leaves_what_is_being_sent_to_end_and_no_more(listener: WebhookEndpoint, clock: FixedClock) -> None:
    announce(ANN, ANN, BOB)
    WebhookDelivery.claim_next(endpoint_id=listener.pk, now=NOW)
    forget_people([ANN])
    left = WebhookDelivery.objects.order_by("pk").values_list("subject", "state")
    assert list(left) == [(ANN, State.SENDING), (BOB, State.WAITING)]


def test_a_message_that_a_plugin_fails_to_make_holds_nobody_else(
    listener: WebhookEndpoint, known: dict[UUID, str], clock: FixedClock, monkeypatch: Any
) -> None:
    announce(ANN)
    waiting(listener)
    broken = PersonalEvent(name=JOINED, label="x", permission="a.b", data=Person, complete=lambda _data: 1 / 0)  # type: ignore[arg-type,return-value]
    monkeypatch.setattr(send, "personal_events", lambda: {JOINED: broken})
    receiver = FakeReceiver()
    assert work(listener, receiver, clock) == 2
    assert len(receiver.got) == 1
    rows = WebhookDelivery.objects.order_by("pk").values_list("state", "trouble")
    assert list(rows) == [(State.WAITING, "not_made"), (State.DELIVERED, "")]


def test_an_unreachable_receiver_is_asked_once(listener: WebhookEndpoint, clock: FixedClock) -> None:
    announce(ANN, BOB)
    assert work(listener, FakeReceiver(answers=[NoAnswer()]), clock) == 1


def client_of(*permissions: str) -> Client:
    user = get_user_model().objects.create(username="-".join(permissions) or "nobody")
    names = ["access_admin", *(f"{verb}_webhookendpoint" for verb in ("view", "add", "change", "delete")), *permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def fields(site: Any, *events: str) -> dict[str, Any]:
    return {"url": "https://crm.example/hook", "note": "CRM", "site": site.pk, "events": events}


def test_choosing_takes_the_right_to_see_readers_and_the_form_says_so(site: Any) -> None:
    technician, officer = client_of(), client_of("view_subscription")
    page = technician.get("/admin/webhooks/new/").content.decode()
    assert JOINED not in page
    assert "Messages about readers contain their address" not in page
    refused = technician.post("/admin/webhooks/new/", fields(site, JOINED))
    assert refused.context["form"].errors["events"]
    page = officer.get("/admin/webhooks/new/").content.decode()
    assert JOINED in page
    assert "Messages about readers contain their address" in page
    assert officer.post("/admin/webhooks/new/", fields(site, JOINED, GONE)).status_code == 302
    assert WebhookEndpoint.objects.get().events == [JOINED, GONE]


def test_without_that_right_nobody_changes_where_readers_data_goes(make_endpoint: Any, site: Any) -> None:
    endpoint = make_endpoint(events=[JOINED])
    row = waiting(endpoint, state="failed", next_try_at=None, event=JOINED, subject=ANN, body='{"data": {}}')
    technician = client_of()
    seed = endpoint.seed
    for name in ("edit", "rotate", "secret", "test", "switch"):
        assert technician.post(f"/admin/webhooks/{name}/{endpoint.pk}/", fields(site, "issue.sent"))["Location"] == (
            "/admin/"
        ), name
    assert technician.post(f"/admin/webhooks/send-again/{row.pk}/")["Location"] == "/admin/"
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events, endpoint.seed) == ("https://web.example/hook", [JOINED], seed)
    log = technician.get(f"/admin/webhooks/log/{endpoint.pk}/").content.decode()
    assert "Only somebody who may see them can change it" in log
    assert "New secret" not in log
    officer = client_of("view_subscription")
    assert officer.post(f"/admin/webhooks/edit/{endpoint.pk}/", fields(site, GONE)).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.events == [GONE]
