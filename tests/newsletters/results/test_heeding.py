"""What servers and readers answer ends in the reader's state, and both staff and the reader can undo it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.set_aside import restore, set_aside
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.queries import audience
from newsletters.exceptions import NotAllowed
from newsletters.models import Delivery, Dispatch, Newsletter, Subscriber, Subscription
from newsletters.results.actions.heed_refusals import heed_refusals
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

Status = Subscription.Status
Answer = Delivery.Status
GONE = "550 5.1.1 <ann@example.org> is unknown"


def refuse(hub: Hub, *, status: str = Answer.REJECTED, bounce_class: str = "hard", reply: str = GONE) -> None:
    """Let every mail of a new sending be answered like this."""
    now = timezone.now()
    came_back = now if status in {Answer.BOUNCED, Answer.COMPLAINED} else None
    hub.send().deliveries.update(
        status=status,
        bounce_class=bounce_class,
        reply=reply,
        attempts=1,
        first_tried_at=now,
        settled_at=now,
        came_back_at=came_back,
    )


@pytest.fixture
def ann(hub: Hub) -> Subscription:
    (ann,) = hub.subscribe("ann")
    return ann


def status_after_heeding(subscription: Subscription) -> str:
    heed_refusals(now=timezone.now())
    subscription.refresh_from_db()
    return subscription.status


@pytest.mark.parametrize("status", [Answer.REJECTED, Answer.BOUNCED])
def test_an_address_that_nobody_has_is_set_aside_at_once(hub: Hub, ann: Subscription, status: str) -> None:
    refuse(hub, status=status)
    assert status_after_heeding(ann) == Status.BOUNCED
    assert not audience(hub.newsletter).exists()
    event = ann.consent_events.get()
    assert (event.kind, event.source) == ("set_aside", "mail server")
    assert "5.1.1" in event.note
    assert "ann@example.org" not in event.note


def test_who_calls_a_mail_spam_gets_no_other(hub: Hub, ann: Subscription) -> None:
    refuse(hub, status=Answer.COMPLAINED, bounce_class="", reply="")
    assert status_after_heeding(ann) == Status.COMPLAINED


@pytest.fixture
def other(hub: Hub, ann: Subscription) -> Subscription:
    """Ann's subscription to another newsletter of the same hub."""
    newsletter = Newsletter.objects.create(name="The Other", slug="other", sender_name="x", sender_email="o@hub.test")
    return Subscription.objects.create(
        subscriber=ann.subscriber,
        newsletter=newsletter,
        locale=ann.locale,
        theme_set=ann.theme_set,
        status_changed_at=hub.now,
    )


def test_a_complaint_stops_every_newsletter_of_that_reader_and_of_nobody_else(
    hub: Hub, ann: Subscription, other: Subscription
) -> None:
    refuse(hub, status=Answer.COMPLAINED, bounce_class="", reply="250 2.0.0 taken")
    (bob,) = hub.subscribe("bob")
    assert heed_refusals(now=timezone.now()) == 2
    for subscription in (ann, other):
        assert status_after_heeding(subscription) == Status.COMPLAINED
        assert subscription.consent_events.get().note == f"spam: {hub.newsletter.name}"
    assert status_after_heeding(bob) == Status.ACTIVE


def test_after_a_complaint_the_reader_brings_back_one_newsletter_without_the_other(
    hub: Hub, ann: Subscription, other: Subscription
) -> None:
    refuse(hub, status=Answer.COMPLAINED, bounce_class="", reply="")
    heed_refusals(now=timezone.now())
    page = reverse("newsletters:person", args=[make_person_token(subscriber_pk=ann.subscriber_id)])
    shown = Client().get(page).content.decode()
    assert "Send “The Other” to me again" in shown
    assert "Send “The Letter” to me again" in shown
    Client().post(page, {"do": "restore", "newsletter": "other"})
    assert (status_after_heeding(ann), status_after_heeding(other)) == (Status.COMPLAINED, Status.ACTIVE)


def test_who_left_the_newsletter_that_they_complain_about_gets_the_others_no_more_either(
    hub: Hub, ann: Subscription, other: Subscription
) -> None:
    refuse(hub, status=Answer.COMPLAINED, bounce_class="", reply="")
    Subscription.objects.filter(pk=ann.pk).update(status=Status.ENDED)
    assert (status_after_heeding(ann), status_after_heeding(other)) == (Status.ENDED, Status.COMPLAINED)


def test_a_newsletter_that_they_joined_after_the_complaint_goes_on(
    hub: Hub, ann: Subscription, other: Subscription
) -> None:
    refuse(hub, status=Answer.COMPLAINED, bounce_class="", reply="")
    Subscription.objects.filter(pk=other.pk).update(status_changed_at=timezone.now() + timedelta(seconds=1))
    assert (status_after_heeding(ann), status_after_heeding(other)) == (Status.COMPLAINED, Status.ACTIVE)


@pytest.mark.parametrize(
    ("answer", "bounce_class"),
    [(Answer.BOUNCED, "hard"), (Answer.BOUNCED, "full"), (Answer.REJECTED, "hard"), (Answer.COMPLAINED, "")],
)
def test_what_is_said_of_a_mail_to_a_former_address_leaves_the_new_one_alone(
    hub: Hub, ann: Subscription, settings: Any, answer: str, bounce_class: str
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SOFT_REFUSALS": 1}
    refuse(hub, status=answer, bounce_class=bounce_class)
    Subscriber.objects.update(email="ann@example.net", address_changed_at=timezone.now())
    assert status_after_heeding(ann) == Status.ACTIVE
    Subscriber.objects.update(address_changed_at=timezone.now() - timedelta(days=1))  # before that mail
    assert status_after_heeding(ann) != Status.ACTIVE


@pytest.mark.parametrize("bounce_class", ["ours", "slow", ""])
def test_what_is_our_own_fault_leaves_the_reader_alone(hub: Hub, ann: Subscription, bounce_class: str) -> None:
    refuse(hub, bounce_class=bounce_class, reply="550 5.7.1 refused by policy")
    assert status_after_heeding(ann) == Status.ACTIVE
    assert not ann.consent_events.exists()


@pytest.mark.parametrize("bounce_class", ["full", "later", "other"])
def test_other_refusals_count_only_after_several_issues(
    hub: Hub, ann: Subscription, settings: Any, bounce_class: str
) -> None:
    refuse(hub, bounce_class=bounce_class, reply="552 5.2.2 mailbox full")
    assert status_after_heeding(ann) == Status.ACTIVE
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SOFT_REFUSALS": 1}
    assert status_after_heeding(ann) == Status.BOUNCED


def test_a_mail_that_arrived_later_makes_earlier_refusals_not_count(hub: Hub, ann: Subscription, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SOFT_REFUSALS": 1}
    refuse(hub, bounce_class="full")
    delivery = Delivery.objects.get()
    again = Delivery.objects.get(pk=delivery.pk)
    again.pk = None
    again.dispatch = _another_dispatch(delivery)
    again.status, again.bounce_class, again.reply = Answer.ACCEPTED, "", "250 2.0.0 taken"
    again.save()
    assert status_after_heeding(ann) == Status.ACTIVE


def _another_dispatch(delivery: Delivery) -> Any:
    Dispatch.objects.update(status=Dispatch.Status.FINISHED, finished_at=timezone.now())
    dispatch = Dispatch.objects.get(pk=delivery.dispatch_id)
    dispatch.pk, dispatch.key, dispatch.follows = None, "f" * 16, delivery.dispatch
    dispatch.save()
    return dispatch


def test_who_was_restored_is_not_set_aside_for_the_same_answer_again(hub: Hub, ann: Subscription) -> None:
    refuse(hub)
    heed_refusals(now=timezone.now())
    assert restore(ann, user=hub.users["administrator"], note="they called", now=timezone.now())
    assert status_after_heeding(ann) == Status.ACTIVE
    restored = ann.consent_events.first()
    assert restored
    assert (restored.kind, restored.note, restored.user) == ("restored", "they called", hub.users["administrator"])


def test_staff_bring_back_with_a_note_and_only_who_may(hub: Hub, ann: Subscription) -> None:
    set_aside(ann, status=Status.BOUNCED, note="550", now=timezone.now())
    page, administrator = reverse("newsletters_admin:restore", args=[ann.pk]), client_of(hub, "administrator")
    assert page in administrator.get(reverse("newsletters_admin:reader", args=[ann.subscriber_id])).content.decode()
    assert "This field is required" in administrator.post(page, {"note": ""}).content.decode()
    with pytest.raises(NotAllowed):
        restore(ann, user=hub.users["editor"], note="x", now=timezone.now())
    done = administrator.post(page, {"note": "they called"}, follow=True).content.decode()
    assert "They get the next issue again." in done
    assert audience(hub.newsletter).get() == ann
    assert "nothing was changed" in administrator.post(page, {"note": "again"}, follow=True).content.decode()


def test_the_reader_brings_back_themselves(hub: Hub, ann: Subscription) -> None:
    set_aside(ann, status=Status.BOUNCED, note="550", now=timezone.now())
    page = reverse("newsletters:person", args=[make_person_token(subscriber_pk=ann.subscriber_id)])
    client = Client()
    assert "We stopped sending “The Letter”" in client.get(page).content.decode()
    client.post(page, {"do": "restore", "newsletter": hub.newsletter.slug})
    assert audience(hub.newsletter).get() == ann


def test_who_left_or_was_set_aside_is_not_set_aside_again(hub: Hub) -> None:
    (gone,) = hub.subscribe("gone", status=Status.ENDED)
    assert not set_aside(gone, status=Status.BOUNCED, note="550", now=timezone.now())
    assert not restore(gone, user=None, note="", now=timezone.now())
    gone.refresh_from_db()
    assert gone.status == Status.ENDED


def test_answers_are_heeded_in_a_few_queries_however_many_there_are(
    hub: Hub, django_assert_max_num_queries: Any
) -> None:
    hub.subscribe(*(f"reader{number}" for number in range(30)))
    refuse(hub, bounce_class="full")
    with django_assert_max_num_queries(4):
        assert heed_refusals(now=timezone.now() + timedelta(seconds=1)) == 0
