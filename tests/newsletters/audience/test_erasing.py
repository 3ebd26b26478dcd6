"""Erasing a person leaves no trace of them but a digest; the proof of what they agreed to can be taken out before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks.client import Answer
from cms.webhooks.send import send_due
from cms.webhooks.testing import FakeReceiver
from newsletters.audience.actions.change_subscription import change_choices
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.invite import is_known
from newsletters.exceptions import NotAllowed
from newsletters.models import (
    ConsentSource,
    Delivery,
    OwnField,
    OwnValue,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
)
from newsletters.models.audience.announcing import CHANGED, ERASED
from newsletters.sending.ledger.status import ledger_status
from newsletters.testing import FakeTransport
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


def everything_stored() -> str:
    """Return every row of every table as text."""
    rows = (row for model in apps.get_models() for row in model._base_manager.all())
    return serializers.serialize("json", rows)


@pytest.fixture
def ann(hub: Hub) -> Subscriber:
    """Somebody of whom there is something everywhere: sent, answered, asked again, seen by staff, told to a CRM."""
    (subscription,) = hub.subscribe("annabel")
    own_field = OwnField.objects.create(key="organisation")
    OwnValue.objects.create(subscriber=subscription.subscriber, own_field=own_field, value="Annabel & Co")
    asked = hub.ask("annabel")
    asked.own_values = {"organisation": "Annabel Ltd"}
    asked.save()
    dispatch = hub.send()
    tried = {"attempts": 1, "first_tried_at": hub.now, "settled_at": hub.now, "status": "rejected"}
    dispatch.deliveries.update(reply="550 5.1.1 <annabel@example.org> is unknown", **tried)
    staff = client_of(hub, "administrator")
    staff.get(reverse("newsletters_admin:reader", args=[subscription.subscriber_id]))
    staff.get(reverse("newsletters_admin:proof", args=[subscription.subscriber_id, "json"]))
    crm = WebhookEndpoint.objects.create(site=hub.site, url="https://crm.example/", events=[CHANGED, ERASED])
    for _told in range(2):
        change_choices(subscription, locale=subscription.locale, themes=[], source=ConsentSource.PERSON, now=hub.now)
    receiver = FakeReceiver(answers=[Answer(status=200, excerpt="Thanks for annabel"), Answer(status=500)])
    send_due(crm.pk, post=receiver, clock=lambda: hub.now, chance=lambda: 0.0)
    assert all(b"annabel@example.org" in message.body for message in receiver.got)
    assert "annabel" in everything_stored().lower()
    return subscription.subscriber


def test_after_erasing_no_table_holds_a_trace(hub: Hub, ann: Subscriber) -> None:
    administrator = client_of(hub, "administrator")
    page = administrator.get(reverse("newsletters_admin:erase_subscriber", args=[ann.pk])).content.decode()
    assert "annabel@example.org" in page
    assert "This cannot be undone." in page
    done = administrator.post(reverse("newsletters_admin:erase_subscriber", args=[ann.pk]), follow=True)
    assert "The person has been erased." in done.content.decode()
    assert "annabel" not in everything_stored().lower()
    assert not SignUp.objects.exists()
    assert list(WebhookDelivery.objects.values_list("event", "subject")) == [(ERASED, ann.public_id)]
    assert ModelLogEntry.objects.filter(action="hub_newsletters.erase", user=hub.users["administrator"]).exists()
    again = administrator.post(reverse("newsletters_admin:erase_subscriber", args=[ann.pk]))
    assert again.status_code in {302, 404}  # a double click finds nobody


def test_the_dispatch_still_adds_up(hub: Hub, ann: Subscriber) -> None:
    before = ledger_status(Delivery.objects.get().dispatch)
    erase_subscriber(ann, user=None, now=timezone.now())
    delivery = Delivery.objects.get()
    assert (delivery.subscription, delivery.status, delivery.reply) == (None, "rejected", "")
    assert ledger_status(delivery.dispatch) == before


def test_who_is_erased_while_an_issue_is_sent_gets_nothing(hub: Hub, transport: FakeTransport, work: Any) -> None:
    (subscription,) = hub.subscribe("annabel")
    hub.subscribe("bob")
    dispatch = hub.start()
    erase_subscriber(subscription.subscriber, user=None, now=timezone.now())
    work(dispatch, transport)
    assert transport.recipients == ["bob@example.org"]


def test_nobody_brings_back_who_was_erased(hub: Hub, ann: Subscriber) -> None:
    erase_subscriber(ann, user=None, now=timezone.now())
    assert Suppression.objects.get().reason == Suppression.Reason.ERASED
    assert is_known("ANNABEL@example.org", newsletter=hub.newsletter)
    assert not is_known("bob@example.org", newsletter=hub.newsletter)


@pytest.mark.parametrize("role", ["outsider", "editor", "approver"])
def test_erasing_needs_its_own_right(hub: Hub, ann: Subscriber, role: str) -> None:
    client = client_of(hub, role, "view_subscription", "change_subscription")
    assert client.post(reverse("newsletters_admin:erase_subscriber", args=[ann.pk])).status_code == 302
    with pytest.raises(NotAllowed):
        erase_subscriber(ann, user=hub.users[role], now=timezone.now())
    assert Subscriber.objects.filter(pk=ann.pk).exists()


def test_the_proof_holds_what_was_shown_and_who_took_it_out_is_noted(hub: Hub, client: Client) -> None:
    from newsletters.audience.actions.confirm_sign_up import confirm_sign_up

    confirm_sign_up(hub.ask("annabel"), wording="Send me the letter each month.", now=timezone.now())
    hub.send()
    ann = Subscriber.objects.get()
    staff = client_of(hub, "editor", "view_subscription")
    answer = staff.get(reverse("newsletters_admin:proof", args=[ann.pk, "json"]))
    assert "attachment" in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert (data["email"], data["first_name"]) == ("annabel@example.org", "Annabel")
    (subscription,) = data["subscriptions"]
    assert [event["kind"] for event in subscription["events"]] == ["Confirmed", "Requested"]
    assert {event["wording"] for event in subscription["events"]} == {"Send me the letter each month."}
    assert subscription["deliveries"][0]["issue"] == hub.issue.title
    page = staff.get(reverse("newsletters_admin:proof", args=[ann.pk, "html"])).content.decode()
    for words in ("annabel@example.org", "Confirmed", "Send me the letter each month.", hub.issue.title):
        assert words in page
    assert ModelLogEntry.objects.filter(action="hub_newsletters.take_out", user=hub.users["editor"]).count() == 2
    assert Subscription.objects.count() == 1
