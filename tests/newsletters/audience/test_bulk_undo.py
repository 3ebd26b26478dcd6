"""A bulk change is about those who were confirmed, and can be undone for those who changed nothing since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.actions.change_subscription import change_choices, unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.readers.conditions import Conditions
from newsletters.audience.staff_actions import start_bulk_change as starting
from newsletters.audience.staff_actions.start_bulk_change import start_bulk_change
from newsletters.audience.staff_actions.suppress_subscriber import suppress_subscriber
from newsletters.audience.staff_actions.undo_bulk_change import undo_bulk_change
from newsletters.audience.staff_actions.work_off_bulk_change import work_off_bulk_change
from newsletters.conf import conf
from newsletters.exceptions import NotAllowed, ReadersChanged
from newsletters.models import BulkChange, BulkPiece, ConsentSource, Newsletter, Subscription
from tests.newsletters.audience.test_bulk import bulk, statuses
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

Act = BulkChange.Act
Status = Subscription.Status


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def start(hub: Hub, act: BulkChange.Act, *, people: int, **conditions: Any) -> BulkChange:
    user, found = hub.users["administrator"], Conditions(**conditions)
    return start_bulk_change(act, conditions=found, people=people, user=user, note="why", now=timezone.now())


def work(change: BulkChange) -> BulkChange:
    while not work_off_bulk_change(change.pk, now=timezone.now()):
        pass
    change.refresh_from_db()
    return change


def undo(hub: Hub, change: BulkChange) -> BulkChange:
    assert undo_bulk_change(change, user=hub.users["administrator"], now=timezone.now())
    return work(change)


def test_who_comes_to_match_later_is_not_meant_and_who_matches_no_more_stays(hub: Hub) -> None:
    ann, bob, _cem = hub.subscribe("ann", "bob", "cem")
    Subscription.objects.filter(pk=bob.pk).update(status=Status.BOUNCED)
    change = start(hub, Act.END, people=2, state="active")
    Subscription.objects.filter(pk=bob.pk).update(status=Status.ACTIVE)  # they match by now
    Subscription.objects.filter(pk=ann.pk).update(status=Status.BOUNCED)
    change = work(change)
    assert statuses() == {"ann": "bounced", "bob": "active", "cem": "ended"}
    assert (change.done, change.unmatched) == (1, 1)


def test_if_others_match_than_were_confirmed_nothing_is_begun(hub: Hub) -> None:
    hub.subscribe("ann", "bob")
    with pytest.raises(ReadersChanged):
        start(hub, Act.END, people=1)
    assert not BulkChange.objects.exists()
    assert not BulkPiece.objects.exists()


def test_staff_undo_a_bulk_change_from_its_page(hub: Hub, administrator: Client) -> None:
    ann, _bob = hub.subscribe("ann", "bob")
    since = ann.status_changed_at
    page = administrator.post(bulk("do=end&all=1"), {"seen": 2}, follow=True).content.decode()
    assert "Undo this change" in page
    change = BulkChange.objects.get()
    assert "End subscriptions: 2 readers" in administrator.get(reverse("subscriptions:index")).content.decode()
    address = reverse("newsletters_admin:undo_bulk", args=[change.pk])
    assert administrator.get(address).status_code == 405
    page = administrator.post(address, follow=True).content.decode()
    assert "It was undone." in page
    assert "2 subscriptions are as they were before." in page
    assert "Undo this change" not in page
    assert statuses() == {"ann": "active", "bob": "active"}
    ann.refresh_from_db()
    assert ann.status_changed_at == since
    event = ann.consent_events.first()
    assert event
    assert (event.kind, event.source, event.user) == ("restored", "admin", hub.users["administrator"])
    assert ModelLogEntry.objects.filter(action="hub_newsletters.undo_bulk_change").count() == 1
    assert "There is nothing to undo." in administrator.post(address, follow=True).content.decode()  # a second click


def _leave(hub: Hub, subscription: Subscription) -> None:
    unsubscribe(subscription, source=ConsentSource.ONE_CLICK, now=timezone.now())


def _come_back(hub: Hub, subscription: Subscription) -> None:
    asked = hub.ask(subscription.subscriber.first_name.lower())
    confirm_sign_up(asked, wording="", now=timezone.now())


def _never_again(hub: Hub, subscription: Subscription) -> None:
    suppress_subscriber(subscription.subscriber, user=hub.users["administrator"], now=timezone.now())


def _erase(hub: Hub, subscription: Subscription) -> None:
    erase_subscriber(subscription.subscriber, user=None, now=timezone.now())


@pytest.mark.parametrize(
    ("act", "state"), [(_leave, "ended"), (_come_back, "active"), (_never_again, "ended"), (_erase, None)]
)
def test_undoing_leaves_alone_who_did_something_since(
    hub: Hub, act: Callable[[Hub, Subscription], None], state: str | None
) -> None:
    ann, _bob = hub.subscribe("ann", "bob")
    change = work(start(hub, Act.END, people=2))
    ann = Subscription.objects.get(pk=ann.pk)
    act(hub, ann)
    before = list(Subscription.objects.filter(pk=ann.pk).values())
    change = undo(hub, change)
    assert statuses().get("ann") == state
    assert statuses()["bob"] == "active"
    assert list(Subscription.objects.filter(pk=ann.pk).values()) == before
    assert (change.undone, change.kept) == (1, 1)


def test_undoing_brings_back_every_subscription_of_a_reader(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann")
    other = Newsletter.objects.create(
        name="Other", slug="other", sender_email="a@example.org", reply_to="a@example.org"
    )
    fields = {"locale": ann.locale, "theme_set": ann.theme_set, "status_changed_at": ann.status_changed_at}
    Subscription.objects.create(subscriber=ann.subscriber, newsletter=other, **fields)
    change = undo(hub, work(start(hub, Act.END, people=1)))
    assert set(Subscription.objects.values_list("newsletter__slug", "status")) == {
        ("letter", "active"),
        ("other", "active"),
    }
    assert (change.undone, change.kept) == (2, 0)


def test_restoring_is_undone_also_for_an_issue_that_is_being_sent(hub: Hub) -> None:
    hub.subscribe("ann", "cem", status=Status.BOUNCED)
    change = work(start(hub, Act.RESTORE, people=2, state="bounced"))
    assert statuses() == {"ann": "active", "cem": "active"}
    cem = Subscription.objects.get(subscriber__email="cem@example.org")
    change_choices(cem, locale=cem.locale, themes=[], source=ConsentSource.PREFERENCES, now=timezone.now())
    dispatch = hub.send()
    undo(hub, change)
    assert statuses() == {"ann": "bounced", "cem": "active"}
    assert dispatch.deliveries.filter(reason="set_aside").count() == 1


def test_undoing_goes_on_after_a_kill_and_stops_without_the_right(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "AT_ONCE", 1)
    hub.subscribe("ann", "bob", "cem")
    change = work(start(hub, Act.END, people=3))
    assert undo_bulk_change(change, user=hub.users["administrator"], now=timezone.now())
    assert not undo_bulk_change(change, user=hub.users["administrator"], now=timezone.now())
    assert not work_off_bulk_change(change.pk, now=timezone.now())
    assert list(statuses().values()).count("active") == 1
    user = hub.users["administrator"]
    user.is_superuser = False
    user.save()
    work(change)
    assert list(statuses().values()).count("active") == 1
    assert change.is_stopped


def test_what_was_erased_or_is_older_than_some_days_cannot_be_undone(hub: Hub) -> None:
    hub.subscribe("ann", "bob")
    erased = work(start(hub, Act.ERASE, people=1, words="ann"))
    assert not BulkPiece.objects.exists()
    ended = work(start(hub, Act.END, people=1))
    late = timezone.now() + timedelta(days=conf.UNDO_BULK_DAYS + 1)
    for change, now in ((erased, timezone.now()), (ended, late)):
        assert not undo_bulk_change(change, user=hub.users["administrator"], now=now)
    keep_retention(now=late)
    assert not BulkPiece.objects.exists()
    with pytest.raises(NotAllowed):
        undo_bulk_change(ended, user=hub.users["editor"], now=timezone.now())
