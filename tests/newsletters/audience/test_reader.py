"""One reader's page: what staff do there is asked for, booked as theirs, and needs its right."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.invite import is_known
from newsletters.audience.staff_actions.change_for_reader import change_for_reader
from newsletters.audience.staff_actions.delete_note import delete_note
from newsletters.audience.staff_actions.pause_for_reader import pause_for_reader
from newsletters.audience.staff_actions.rename_subscriber import rename_subscriber
from newsletters.audience.staff_actions.suppress_subscriber import suppress_subscriber
from newsletters.audience.staff_actions.write_note import write_note
from newsletters.exceptions import NotAllowed
from newsletters.models import PersonNote, SignUp, Subscriber, Subscription, Suppression
from newsletters.testing import FakeTransport
from tests.newsletters.audience.test_subscriptions import client_of, page_of
from tests.newsletters.building import Hub

Status = Subscription.Status


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


@pytest.fixture
def ann(hub: Hub) -> Subscription:
    return hub.subscribe("ann")[0]


def test_a_name_is_changed_and_the_log_holds_neither(hub: Hub, administrator: Client, ann: Subscription) -> None:
    administrator.post(page_of(ann), {"do": "name", "first_name": "Annabel"})
    assert Subscriber.objects.get().first_name == "Annabel"
    entry = ModelLogEntry.objects.get(action="hub_newsletters.rename")
    assert entry.user == hub.users["administrator"]
    assert "ann" not in f"{entry.label} {entry.data}".lower()


def test_a_pause_and_its_end_are_booked_as_done_by_staff(hub: Hub, administrator: Client, ann: Subscription) -> None:
    day = timezone.localdate() + timedelta(days=9)
    assert (
        "a year from now" in administrator.post(page_of(ann), {"do": "pause", "until": "2000-01-01"}).content.decode()
    )
    administrator.post(page_of(ann), {"do": "pause", "until": f"{day}"})
    ann.refresh_from_db()
    assert ann.paused_until == day
    administrator.post(page_of(ann), {"do": "go on"})
    ann.refresh_from_db()
    assert ann.paused_until is None
    booked = list(ann.consent_events.order_by("pk").values_list("kind", "source", "user"))
    staff = hub.users["administrator"].pk
    assert booked == [("paused", "admin", staff), ("continued", "admin", staff)]


def test_choices_are_changed_only_with_a_ground_which_the_ledger_keeps(
    hub: Hub, administrator: Client, ann: Subscription
) -> None:
    address = reverse("newsletters_admin:change", args=[ann.pk])
    chosen = {"language": "nl", "themes": [hub.themes["power"].pk]}
    assert "This field is required" in administrator.post(address, chosen).content.decode()
    ann.refresh_from_db()
    assert ann.locale.language_code == "en"
    administrator.post(address, chosen | {"ground": "called on 12 May"})
    ann.refresh_from_db()
    assert (ann.locale.language_code, ann.theme_set.key) == ("nl", "power")
    event = ann.consent_events.get()
    assert (event.kind, event.source, event.note) == ("changed", "admin", "called on 12 May")
    assert (event.user, event.language, event.themes) == (hub.users["administrator"], "nl", "power")


def test_nobody_changes_a_subscription_that_has_ended(hub: Hub, administrator: Client, ann: Subscription) -> None:
    Subscription.objects.update(status=Status.ENDED)
    form = {"language": "nl", "themes": [hub.themes["power"].pk], "ground": "called"}
    answer = administrator.post(reverse("newsletters_admin:change", args=[ann.pk]), form, follow=True)
    assert "The subscription has ended; nothing was changed." in answer.content.decode()
    assert not ann.consent_events.exists()


def test_a_note_is_kept_shown_in_the_proof_and_goes_with_the_person(
    hub: Hub, administrator: Client, ann: Subscription
) -> None:
    administrator.post(page_of(ann), {"do": "note", "text": "Prefers <b>Friday</b>"})
    page = administrator.get(page_of(ann)).content.decode()
    assert "Prefers &lt;b&gt;Friday&lt;/b&gt;" in page
    proof = administrator.get(reverse("newsletters_admin:proof", args=[ann.subscriber_id, "json"]))
    (note,) = json.loads(proof.content)["notes"]
    assert (note["text"], note["by"]) == ("Prefers <b>Friday</b>", "administrator")
    printed = administrator.get(reverse("newsletters_admin:proof", args=[ann.subscriber_id, "html"]))
    assert "Prefers &lt;b&gt;Friday" in printed.content.decode()
    erase_subscriber(ann.subscriber, user=None, now=hub.now)
    assert not PersonNote.objects.exists()


def test_a_note_is_deleted_only_from_its_own_readers_page(hub: Hub, administrator: Client, ann: Subscription) -> None:
    (bob,) = hub.subscribe("bob")
    note = write_note(ann.subscriber, text="x", user=hub.users["administrator"], now=hub.now)
    deleting = {"do": "delete note", "note": note.pk}
    assert administrator.post(page_of(bob), deleting).status_code == 404
    assert PersonNote.objects.exists()
    administrator.post(page_of(ann), deleting)
    assert not PersonNote.objects.exists()


def test_who_never_wants_mail_again_gets_none_and_only_they_undo_it(
    hub: Hub, administrator: Client, ann: Subscription, transport: FakeTransport, work: Any
) -> None:
    hub.subscribe("bob")
    hub.ask("ann")
    dispatch = hub.start()
    address = reverse("newsletters_admin:suppress", args=[ann.subscriber_id])
    assert "ann@example.org" in administrator.get(address).content.decode()
    assert not Suppression.objects.exists()
    administrator.post(address)
    work(dispatch, transport)
    assert transport.recipients == ["bob@example.org"]
    ann.refresh_from_db()
    assert ann.status == Status.ENDED
    assert SignUp.objects.get().status == SignUp.Status.CLOSED
    assert Suppression.objects.of("ANN@example.org").get().reason == Suppression.Reason.ASKED
    assert is_known("ann@example.org", newsletter=hub.newsletter)
    page = administrator.get(page_of(ann)).content.decode()
    assert "Staff cannot take it off" in page


def test_the_page_says_that_a_request_waits(hub: Hub, administrator: Client, ann: Subscription) -> None:
    assert "has not confirmed yet" not in administrator.get(page_of(ann)).content.decode()
    hub.ask("ann")
    assert "has not confirmed yet" in administrator.get(page_of(ann)).content.decode()


def test_who_may_only_look_changes_nothing(hub: Hub, ann: Subscription) -> None:
    looks = client_of(hub, "editor", "view_subscription")
    page = looks.get(page_of(ann)).content.decode()
    assert "ann@example.org" in page
    assert "<form" not in page.partition("nice-padding")[2]
    looks.post(page_of(ann), {"do": "name", "first_name": "X"})
    looks.post(reverse("newsletters_admin:suppress", args=[ann.subscriber_id]))
    assert Subscriber.objects.get().first_name == "Ann"
    assert not Suppression.objects.exists()


def test_each_action_checks_the_right_itself(hub: Hub, ann: Subscription) -> None:
    note = write_note(ann.subscriber, text="x", user=hub.users["administrator"], now=hub.now)
    for user in (hub.users["editor"], AnonymousUser()):
        for act in (
            lambda user=user: rename_subscriber(ann.subscriber, first_name="X", user=user, now=hub.now),
            lambda user=user: pause_for_reader(ann.subscriber, until=None, user=user, now=hub.now),
            lambda user=user: write_note(ann.subscriber, text="x", user=user, now=hub.now),
            lambda user=user: delete_note(note, user=user),
            lambda user=user: suppress_subscriber(ann.subscriber, user=user, now=hub.now),
            lambda user=user: change_for_reader(ann, locale=ann.locale, themes=[], ground="x", user=user, now=hub.now),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert PersonNote.objects.exists()


def test_the_page_costs_the_same_for_much_and_for_little(
    hub: Hub, administrator: Client, ann: Subscription, django_assert_max_num_queries: Any
) -> None:
    user = hub.users["administrator"]

    def write(*texts: str) -> None:
        for text in texts:
            write_note(ann.subscriber, text=text, user=user, now=hub.now)
            pause_for_reader(
                ann.subscriber, until=timezone.localdate() + timedelta(days=len(text)), user=user, now=hub.now
            )

    write("a")
    administrator.get(page_of(ann))
    with django_assert_max_num_queries(100) as few:
        administrator.get(page_of(ann))
    write(*("x" * number for number in range(2, 12)))
    with django_assert_max_num_queries(len(few)):
        administrator.get(page_of(ann))
