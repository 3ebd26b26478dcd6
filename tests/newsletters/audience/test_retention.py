"""What has been kept long enough goes by itself, and only that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.retention import left_long_ago
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Newsletter, Subscriber, Subscription, Suppression
from tests.newsletters.building import Hub

Status = Subscription.Status


def at(days: float) -> Any:
    return timezone.now() + timedelta(days=days)


def names() -> list[str]:
    return sorted(email.partition("@")[0] for email in Subscriber.objects.values_list("email", flat=True))


def test_who_left_is_deleted_after_some_weeks_and_remembered_as_a_digest(hub: Hub) -> None:
    hub.subscribe("active")
    hub.subscribe("gone", status=Status.ENDED)
    hub.subscribe("bounced", status=Status.BOUNCED)
    keep_retention(now=at(conf.KEEP_ENDED_DAYS - 1))
    assert names() == ["active", "bounced", "gone"]
    keep_retention(now=at(conf.KEEP_ENDED_DAYS + 1))
    assert names() == ["active", "bounced"]
    assert Suppression.objects.of("gone@example.org").get().reason == Suppression.Reason.LEFT


def test_the_days_count_from_the_last_subscription(hub: Hub) -> None:
    (gone,) = hub.subscribe("gone", status=Status.ENDED)
    other = Newsletter.objects.create(name="Other", slug="other", sender_email="o@hub.test", reply_to="o@hub.test")
    last = Subscription.objects.create(
        subscriber=gone.subscriber,
        newsletter=other,
        locale=gone.locale,
        theme_set=gone.theme_set,
        status=Status.ENDED,
        status_changed_at=at(10),
    )
    assert not left_long_ago(now=at(conf.KEEP_ENDED_DAYS + 5)).exists()
    assert left_long_ago(now=at(conf.KEEP_ENDED_DAYS + 15)).get() == gone.subscriber
    last.change_status(Status.ACTIVE, now=at(10))
    last.save()
    assert not left_long_ago(now=at(1000)).exists()


def test_replies_of_servers_go_some_months_after_a_sending(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.send().deliveries.update(
        status="accepted", reply="250 <ann@example.org> ok", settled_at=hub.now, attempts=1, first_tried_at=hub.now
    )
    keep_retention(now=at(1000))
    assert Delivery.objects.get().reply  # the sending is still open
    Dispatch.objects.update(status=Dispatch.Status.FINISHED, finished_at=timezone.now())
    keep_retention(now=at(conf.KEEP_REPLIES_DAYS - 1))
    assert Delivery.objects.get().reply
    keep_retention(now=at(conf.KEEP_REPLIES_DAYS + 1))
    assert Delivery.objects.get().reply == ""


def test_few_are_deleted_in_one_go_and_nobody_is_forgotten(hub: Hub, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 2}
    hub.subscribe("a", "b", "c", status=Status.ENDED)
    for left in (1, 0):
        keep_retention(now=at(conf.KEEP_ENDED_DAYS + 1))
        assert Subscriber.objects.count() == left


def test_a_reply_that_came_after_erasing_is_not_kept(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.send().deliveries.update(
        status="accepted", reply="250 <ann@example.org>", settled_at=hub.now, attempts=1, first_tried_at=hub.now
    )
    Subscriber.objects.all().delete()
    keep_retention(now=timezone.now())
    assert Delivery.objects.get().reply == ""
