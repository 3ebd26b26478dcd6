"""The same for many readers at once: confirmed by their number, worked off in batches, by those who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience import tasks
from newsletters.audience.readers.conditions import Conditions
from newsletters.audience.staff_actions import start_bulk_change as starting
from newsletters.audience.staff_actions.start_bulk_change import start_bulk_change
from newsletters.audience.staff_actions.work_off_bulk_change import work_off_bulk_change
from newsletters.exceptions import NotAllowed
from newsletters.models import BulkChange, Newsletter, Subscriber, Subscription, Suppression
from tests.newsletters.audience.segments.test_rules import DUTCH, make_segment
from tests.newsletters.audience.test_erasing import everything_stored
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

Act = BulkChange.Act
Status = Subscription.Status


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def bulk(query: str) -> str:
    return f"{reverse('newsletters_admin:bulk')}?{query}"


def statuses() -> dict[str, str]:
    rows = Subscription.objects.values_list("subscriber__email", "status")
    return {email.partition("@")[0]: status for email, status in rows}


def test_those_who_are_picked_are_ended_after_a_confirmation_that_says_how_many(
    hub: Hub, administrator: Client
) -> None:
    ann, _bob, cem = hub.subscribe("ann", "bob", "cem")
    address = bulk(f"do=end&pk={ann.subscriber_id}&pk={cem.subscriber_id}")
    assert "This is about 2 readers." in administrator.get(address).content.decode()
    assert set(statuses().values()) == {"active"}
    done = administrator.post(address, {"seen": 2}, follow=True).content.decode()
    assert "2 of 2 readers are done." in done
    assert statuses() == {"ann": "ended", "bob": "active", "cem": "ended"}
    event = ann.consent_events.get()
    assert (event.source, event.user) == ("admin", hub.users["administrator"])


def test_all_that_match_means_the_filters_of_the_list(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann", language="nl")
    hub.subscribe("bob")
    index = administrator.get(reverse("subscriptions:index") + f"?language={hub.locales['nl'].pk}").content.decode()
    assert 'name="all"' in index
    assert f'<input type="hidden" name="language" value="{hub.locales["nl"].pk}">' in index
    address = bulk(f"do=end&all=1&language={hub.locales['nl'].pk}")
    administrator.post(address, {"seen": 1})
    assert statuses() == {"ann": "ended", "bob": "active"}


def subscribe_ann_to_two(hub: Hub) -> Newsletter:
    """Subscribe somebody to both newsletters, in Dutch; return the other one."""
    (ann,) = hub.subscribe("ann", language="nl")
    other = Newsletter.objects.create(name="Other", slug="other")
    Subscription.objects.create(
        subscriber=ann.subscriber,
        newsletter=other,
        locale=ann.locale,
        theme_set=ann.theme_set,
        status_changed_at=hub.now,
    )
    return other


def test_a_filter_by_newsletter_ends_only_that_one(hub: Hub, administrator: Client) -> None:
    other = subscribe_ann_to_two(hub)
    administrator.post(bulk(f"do=end&all=1&newsletter={other.pk}"), {"seen": 1})
    assert list(Subscription.objects.order_by("pk").values_list("status", flat=True)) == ["active", "ended"]


def test_a_filter_by_segment_ends_only_its_newsletter(hub: Hub, administrator: Client) -> None:
    subscribe_ann_to_two(hub)
    administrator.post(bulk(f"do=end&all=1&segment={make_segment(hub, 'Dutch', DUTCH).pk}"), {"seen": 1})
    assert list(Subscription.objects.order_by("pk").values_list("status", flat=True)) == ["ended", "active"]


def test_who_was_set_aside_is_restored_only_with_a_note(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann", status=Status.BOUNCED)
    hub.subscribe("bob", status=Status.ENDED)
    address = bulk("do=restore&all=1")
    assert "This field is required" in administrator.post(address, {"seen": 2}).content.decode()
    administrator.post(address, {"seen": 2, "note": "their provider was down"})
    assert statuses() == {"ann": "active", "bob": "ended"}
    assert Subscription.objects.get(status=Status.ACTIVE).consent_events.get().note == "their provider was down"


def test_erasing_asks_for_the_number_and_leaves_no_trace_of_what_was_searched_for(
    hub: Hub, administrator: Client
) -> None:
    hub.subscribe("annabel", "annabella", "bob")
    address = bulk("do=erase&all=1&q=annabel")
    for typed in ("", "3"):
        assert administrator.post(address, {"seen": 2, "number": typed}).status_code == 200
    assert Subscriber.objects.count() == 3
    administrator.post(address, {"seen": 2, "number": "2"})
    assert [reader.email for reader in Subscriber.objects.all()] == ["bob@example.org"]
    assert Suppression.objects.count() == 2
    assert "annabel" not in everything_stored().lower()


def test_if_others_match_by_now_nothing_happens(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann", "bob")
    page = administrator.post(bulk("do=end&all=1"), {"seen": 1}).content.decode()
    assert "By now other readers match." in page
    assert 'name="seen" value="2"' in page
    assert set(statuses().values()) == {"active"}


@pytest.mark.parametrize("query", ["do=end", "do=end&pk=x", "do=end&all=1&newsletter=x", "do=end&pk=" + "9" * 18])
def test_nobody_chosen_is_nobody_changed(hub: Hub, administrator: Client, query: str) -> None:
    hub.subscribe("ann")
    answer = administrator.post(bulk(query), {"seen": 1}, follow=True)
    assert "No reader was chosen; nothing was changed." in answer.content.decode()
    assert statuses() == {"ann": "active"}
    assert not BulkChange.objects.exists()


def test_many_are_worked_off_in_batches_and_whoever_joins_meanwhile_is_not_meant(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "AT_ONCE", 2)
    hub.subscribe("ann", "bob", "cem")
    user = hub.users["administrator"]
    change = start_bulk_change(Act.END, conditions=Conditions(state="active"), people=3, user=user, now=hub.now)
    hub.subscribe("dora")
    assert not work_off_bulk_change(change.pk, now=hub.now)
    change.refresh_from_db()
    assert (change.done, change.percent, change.finished_at) == (1, 33, None)
    assert statuses() == {"ann": "active", "bob": "active", "cem": "ended", "dora": "active"}
    assert work_off_bulk_change(change.pk, now=hub.now)
    assert work_off_bulk_change(change.pk, now=hub.now)
    change.refresh_from_db()
    assert (change.done, change.conditions, change.is_stopped) == (3, {}, False)
    assert statuses()["dora"] == "active"


def test_it_stops_when_the_right_to_it_is_gone(hub: Hub) -> None:
    hub.subscribe("ann")
    user = hub.users["administrator"]
    change = start_bulk_change(Act.ERASE, conditions=Conditions(), people=1, user=user, now=hub.now)
    user.is_superuser = False
    user.save()
    assert work_off_bulk_change(change.pk, now=hub.now)
    change.refresh_from_db()
    assert (change.is_stopped, change.done) == (True, 0)
    assert Subscriber.objects.exists()


def test_the_clock_goes_on_where_a_worker_died(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    monkeypatch.setattr(tasks, "go_on_with", started.append)
    user = hub.users["administrator"]
    hub.subscribe("ann")
    change = start_bulk_change(Act.END, conditions=Conditions(), people=1, user=user, now=timezone.now())
    tasks.wake_bulk_changes()
    assert started == []
    BulkChange.objects.update(worked_at=timezone.now() - 2 * tasks.BULK_PAUSE)
    tasks.wake_bulk_changes()
    tasks.wake_bulk_changes()
    assert started == [change.pk]


def test_more_than_a_page_goes_to_the_background(
    hub: Hub, administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.subscribe(*(f"reader{number}" for number in range(51)))
    started: list[int] = []
    monkeypatch.setattr("newsletters.audience.views.bulk.go_on_with", started.append)
    page = administrator.post(bulk("do=end&all=1"), {"seen": 51}, follow=True).content.decode()
    assert "0 of 51 readers are done." in page
    assert started == [BulkChange.objects.get().pk]


def test_each_act_needs_its_own_right(hub: Hub) -> None:
    hub.subscribe("ann")
    looks = client_of(hub, "editor", "view_subscription")
    assert looks.post(bulk("do=end&all=1"), {"seen": 1}).status_code == 302
    assert 'name="pk"' not in looks.get(reverse("subscriptions:index")).content.decode()
    changes = client_of(hub, "approver", "change_subscription")
    assert changes.post(bulk("do=erase&all=1"), {"seen": 1, "number": 1}).status_code == 404
    for act, user in ((Act.END, "editor"), (Act.ERASE, "approver")):
        with pytest.raises(NotAllowed):
            start_bulk_change(act, conditions=Conditions(), people=1, user=hub.users[user], now=hub.now)
    assert statuses() == {"ann": "active"}
