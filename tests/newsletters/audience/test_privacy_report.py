"""What staff see of what is kept: the settings in force, what goes next, and missing privacy statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.retention import kept_data
from newsletters.models import NewsletterText, SignUp, Subscriber, Subscription
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


def page_for(hub: Hub, role: str) -> str:
    return client_of(hub, role).get(reverse("newsletters_admin:privacy")).content.decode()


def numbers() -> list[tuple[int, int, int] | None]:
    return [kept.numbers(now=timezone.now()) for kept in kept_data()]


def test_the_page_says_what_the_settings_in_force_say(hub: Hub, settings: Any) -> None:
    assert "28 days after their last subscription ended" in page_for(hub, "editor")
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"KEEP_ENDED_DAYS": 1}
    assert "1 day after their last subscription ended" in page_for(hub, "editor")


def test_what_it_counts_is_what_the_clock_deletes(hub: Hub) -> None:
    (gone,) = hub.subscribe("gone", status=Subscription.Status.ENDED)
    hub.subscribe("stays")
    asked = hub.ask("asked")
    now = timezone.now()
    Subscription.objects.filter(pk=gone.pk).update(status_changed_at=now - timedelta(days=25))  # 28 are kept
    SignUp.objects.filter(pk=asked.pk).update(requested_at=now - timedelta(days=15))  # 14 are kept
    readers, _consents, requests, *_others = numbers()
    assert (readers, requests) == ((0, 1, 1), (1, 1, 1))
    keep_retention(now=now)
    assert numbers()[2] == (0, 0, 0)
    keep_retention(now=now + timedelta(days=7))
    assert set(Subscriber.objects.values_list("email", flat=True)) == {"stays@example.org"}


def test_nobody_sees_an_address_and_an_outsider_sees_nothing(hub: Hub) -> None:
    hub.subscribe("gone", status=Subscription.Status.ENDED)
    hub.ask("asked")
    assert "@example.org" not in page_for(hub, "editor")
    answer = client_of(hub, "outsider").get(reverse("newsletters_admin:privacy"))
    assert answer.status_code == 302


def test_a_newsletter_without_a_statement_is_named(hub: Hub) -> None:
    assert "has no privacy statement" not in page_for(hub, "administrator")
    NewsletterText.objects.filter(locale__language_code="nl").update(privacy_link="", privacy_page=None)
    page = page_for(hub, "administrator")
    assert "“The Letter” (Nederlands) has no privacy statement" in page
    assert "Add it" in page
    assert "Add it" not in page_for(hub, "editor")
    reports = client_of(hub, "editor").get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("newsletters_admin:privacy") in reports
