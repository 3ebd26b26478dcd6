"""Every way in which a reader's state changes is told to the webhooks that asked for it, in the same transaction."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks.schemas import webhook_message
from cms.webhooks.send import send_due
from cms.webhooks.testing import FakeReceiver
from newsletters.audience.actions.change_address import (
    confirm_address_change,
    request_address_change,
    undo_address_change,
)
from newsletters.audience.actions.change_subscription import change_choices, unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.join_newsletter import join_newsletter
from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.audience.actions.set_aside import restore, set_aside
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.staff_actions.suppress_subscriber import suppress_subscriber
from newsletters.models import ConsentEvent, ConsentSource, SignUp, Subscriber, Subscription
from newsletters.models.audience.announcing import BOUNCED, CHANGED, CONFIRMED, ERASED, EVENTS, LEFT
from newsletters.testing import FixedClock
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.audience.imports.importing import Importer
from tests.newsletters.audience.test_erasing import everything_stored
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

ALL = [CONFIRMED, CHANGED, LEFT, BOUNCED, ERASED]


@pytest.fixture
def crm(hub: Hub) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(site=hub.site, url="https://crm.example/", events=ALL)


@pytest.fixture
def importer(hub: Hub) -> Importer:
    return Importer(hub, client_of(hub, "administrator"))


@pytest.fixture
def ann(hub: Hub, crm: WebhookEndpoint) -> Subscription:
    (subscription,) = hub.subscribe("ann")
    return subscription


def told() -> list[tuple[str, str]]:
    """Return the names and reasons of what was announced, in order."""
    rows = WebhookDelivery.objects.order_by("pk")
    return [(row.event, json.loads(row.body)["data"].get("reason", "")) for row in rows]


def sent(crm: WebhookEndpoint, now: Any = None) -> list[dict[str, Any]]:
    """Send what waits, and return the messages; each is as the API's document describes it."""
    receiver, clock = FakeReceiver(), FixedClock(at=now or timezone.now() + timedelta(minutes=1))
    send_due(crm.pk, post=receiver, clock=clock, chance=lambda: 0.0)
    for message in receiver.got:
        webhook_message().model_validate_json(message.body)
    return [json.loads(message.body) for message in receiver.got]


def test_every_kind_of_consent_event_is_told_but_an_unconfirmed_request() -> None:
    assert set(ConsentEvent.Kind.values) - EVENTS.keys() == {ConsentEvent.Kind.REQUESTED}


def test_confirming_is_told_with_what_they_chose(hub: Hub, crm: WebhookEndpoint) -> None:
    sign_up = hub.ask("ann", language="nl", themes=["data", "power"])
    assert told() == []
    confirm_sign_up(sign_up, wording="", now=timezone.now())
    assert told() == [(CONFIRMED, "confirmed")]
    (message,) = sent(crm)
    (subscription,) = message["data"]["subscriber"].pop("subscriptions")
    since = subscription.pop("since")
    assert timezone.now().isoformat()[:10] == since[:10]
    person = Subscriber.objects.get()
    assert message["data"] == {
        "subscriber": {"id": str(person.public_id), "email": "ann@example.org", "first_name": "Ann", "own_fields": {}},
        "newsletter": "letter",
        "reason": "confirmed",
    }
    assert subscription == {
        "newsletter": "letter",
        "status": "active",
        "language": "nl",
        "themes": ["data", "power"],
        "basis": "consent",
    }


def test_what_a_reader_does_is_told(hub: Hub, ann: Subscription) -> None:
    person, now = ann.subscriber, timezone.now()
    change_choices(ann, locale=hub.locales["nl"], themes=[], source=ConsentSource.PREFERENCES, now=now)
    pause_subscriptions(person, until=date(2030, 1, 1), now=now)
    pause_subscriptions(person, until=None, now=now)
    unsubscribe(ann, source=ConsentSource.MAIL, now=now)
    join_newsletter(
        person, newsletter=hub.newsletter, locale=hub.locales["en"], wording="", statement=None, now=timezone.now()
    )
    assert told() == [
        (CHANGED, "changed"),
        (CHANGED, "paused"),
        (CHANGED, "continued"),
        (LEFT, "mail"),
        (CONFIRMED, "returned"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"), [({"List-Unsubscribe": "One-Click"}, "one-click"), ({}, "unsubscribe-page")]
)
def test_where_they_left_is_the_reason(client: Client, ann: Subscription, data: dict[str, str], reason: str) -> None:
    token = make_token(Purpose.UNSUBSCRIBE, subscription_pk=ann.pk)
    for _click in range(2):
        client.post(reverse("newsletters:unsubscribe", args=[token]), data)
    assert told() == [(LEFT, reason)]


def test_a_new_address_is_told_and_so_is_its_undoing(hub: Hub, ann: Subscription, crm: WebhookEndpoint) -> None:
    asked = request_address_change(
        ann.subscriber, email="new@example.org", newsletter=hub.newsletter, locale=ann.locale, now=timezone.now()
    )
    assert told() == []
    confirm_address_change(asked, now=timezone.now())
    assert [message["data"]["subscriber"]["email"] for message in sent(crm)] == ["new@example.org"]
    undo_address_change(SignUp.objects.get(kind=SignUp.Kind.UNDO), now=timezone.now())
    assert told() == [(CHANGED, "moved")] * 2


def test_a_new_name_is_told_whoever_changed_it(hub: Hub, ann: Subscription, client: Client) -> None:
    own = reverse("newsletters:person", args=[make_person_token(subscriber_pk=ann.subscriber_id)])
    client.post(own, {"do": "name", "first_name": "Anna"})
    staff = client_of(hub, "administrator")
    staff.post(reverse("newsletters_admin:reader", args=[ann.subscriber_id]), {"do": "name", "first_name": "Anne"})
    assert told() == [(CHANGED, "renamed")] * 2
    assert Subscriber.objects.get().first_name == "Anne"


@pytest.mark.parametrize("status", Subscription.SET_ASIDE)
def test_setting_aside_is_told_with_its_reason_and_so_is_restoring(ann: Subscription, status: Any) -> None:
    set_aside(ann, status=status, note="550", now=timezone.now())
    restore(ann, user=None, note="", now=timezone.now())
    assert told() == [(BOUNCED, status), (CHANGED, "restored")]


def test_what_staff_do_is_told(hub: Hub, ann: Subscription) -> None:
    (bob,) = hub.subscribe("bob")
    end_subscription(ann, user=hub.users["administrator"], now=timezone.now())
    suppress_subscriber(bob.subscriber, user=hub.users["administrator"], now=timezone.now())
    assert told() == [(LEFT, "admin")] * 2


def test_what_is_rolled_back_is_not_told(ann: Subscription) -> None:
    with transaction.atomic():
        unsubscribe(ann, source=ConsentSource.MAIL, now=timezone.now())
        assert told() == [(LEFT, "mail")]
        transaction.set_rollback(True)
    assert told() == []


def test_an_import_tells_of_everybody_in_a_constant_number_of_queries(
    hub: Hub, crm: WebhookEndpoint, importer: Importer
) -> None:
    counts = []
    for people in (2, 60):
        rows = "".join(f"r{people}-{number}@example.org;actief\n" for number in range(people))
        with CaptureQueriesContext(connection) as captured:
            importer.run("Email;Status\n" + rows)
        asked = [query["sql"] for query in captured.captured_queries if "webhook" in query["sql"].lower()]
        counts.append(len(asked))
    assert told() == [(CONFIRMED, "imported")] * 62
    assert counts[0] == counts[1]


def test_leavers_of_a_file_and_the_undoing_of_an_import_are_told(
    hub: Hub, ann: Subscription, importer: Importer
) -> None:
    made = importer.run("Email;Status\nann@example.org;afgemeld\nnew@example.org;actief\n")
    assert sorted(told()) == [(CONFIRMED, "imported"), (LEFT, "import")]
    importer.client.post(reverse("newsletters_admin:undo_import", args=[made.pk]))
    importer.work(made)
    # Of whom the file had made nothing is left but that they are gone.
    assert sorted(told()) == [(CHANGED, "restored"), (ERASED, ""), (LEFT, "import")]


@pytest.mark.parametrize("by", ["person", "staff", "clock"])
def test_erasing_is_told_by_the_id_alone(hub: Hub, ann: Subscription, crm: WebhookEndpoint, by: str) -> None:
    person, now = ann.subscriber, timezone.now()
    set_aside(ann, status=Subscription.Status.BOUNCED, note="", now=now)
    sent(crm)  # is in the log by now
    unsubscribe(ann, source=ConsentSource.MAIL, now=now)  # waits
    if by == "clock":
        now += timedelta(days=60)
        keep_retention(now=now)
    else:
        erase_subscriber(person, user=hub.users["administrator"] if by == "staff" else None, now=now)
    assert told() == [(ERASED, "")]
    (message,) = sent(crm, now=now + timedelta(minutes=1))
    assert message["type"] == ERASED
    assert message["data"] == {"subscriber": {"id": str(person.public_id)}}


def test_no_table_ever_holds_the_address_because_of_a_webhook(hub: Hub, ann: Subscription) -> None:
    unsubscribe(ann, source=ConsentSource.MAIL, now=timezone.now())
    rows = str(list(WebhookDelivery.objects.values_list()))
    assert str(ann.subscriber.public_id) in rows
    assert "ann" not in rows.lower().replace(str(ann.subscriber.public_id), "")
    erase_subscriber(ann.subscriber, user=None, now=timezone.now())
    assert "ann@" not in everything_stored().lower()


def test_nobody_else_hears_of_readers(hub: Hub, ann: Subscription, crm: WebhookEndpoint) -> None:
    website = WebhookEndpoint.objects.create(site=hub.site, url="https://web.example/", events=["issue.sent", LEFT])
    change_choices(ann, locale=ann.locale, themes=[], source=ConsentSource.PREFERENCES, now=timezone.now())
    unsubscribe(ann, source=ConsentSource.MAIL, now=timezone.now())
    rows = WebhookDelivery.objects.filter(endpoint=website).values_list("event", flat=True)
    assert list(rows) == [LEFT]
