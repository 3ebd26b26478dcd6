"""Subscriptions in the admin: staff view, invite and end them; only readers change their choices."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.forms import InvitationForm
from newsletters.audience.personal_data import personal_data_of
from newsletters.models import NewsletterText, SignUp, Subscription
from tests.newsletters.building import Hub

Status = Subscription.Status


def address(name: str, *arguments: Any) -> str:
    return reverse(f"subscriptions:{name}", args=arguments)


def page_of(subscription: Subscription) -> str:
    return reverse("newsletters_admin:reader", args=[subscription.subscriber_id])


def client_of(hub: Hub, name: str, *permissions: str) -> Client:
    user = hub.users[name]
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def test_a_subscription_tells_what_was_agreed_to_and_what_was_sent(hub: Hub, administrator: Client) -> None:
    (ann,) = hub.subscribe("ann")
    empty = administrator.get(page_of(ann)).content.decode()
    assert "Nothing is on record." in empty
    assert "No issue has been sent to them yet." in empty
    hub.send()
    administrator.post(reverse("newsletters_admin:end_subscription", args=[ann.pk]))
    page = administrator.get(page_of(ann)).content.decode()
    for words in ("ann@example.org", "Data", "Withdrawn", "Staff", "administrator", hub.issue.title):
        assert words in page


@pytest.mark.parametrize("name", ["edit", "delete", "history", "usage"])
def test_nobody_writes_or_deletes_a_subscription_by_hand(hub: Hub, administrator: Client, name: str) -> None:
    (ann,) = hub.subscribe("ann")
    by_hand = f"{address('index')}{name}/{ann.pk}/"
    for method in (administrator.get, administrator.post):
        assert method(by_hand).status_code == 404
    bulk = reverse("wagtail_bulk_action", args=["hub_newsletters", "subscription", "delete"])
    administrator.post(f"{bulk}?id={ann.pk}")
    ann.refresh_from_db()
    assert ann.status == Status.ACTIVE
    listed = administrator.get(address("index")).content.decode()
    assert "bulk-action" not in listed
    assert page_of(ann) in listed
    assert by_hand not in listed


def test_ending_asks_first_and_names_who_did_it_without_the_address(hub: Hub, administrator: Client) -> None:
    (ann,) = hub.subscribe("ann")
    page = administrator.get(page_of(ann)).content.decode()
    end = reverse("newsletters_admin:end_subscription", args=[ann.pk])
    assert end in page
    assert "ann@example.org" in administrator.get(end).content.decode()
    for _click in range(2):
        assert administrator.post(end).status_code == 302
    ann.refresh_from_db()
    assert ann.status == Status.ENDED
    (event,) = ann.consent_events.all()
    assert (event.kind, event.source) == ("withdrawn", "admin")
    (entry,) = ModelLogEntry.objects.filter(action="hub_newsletters.end_subscription")
    assert (entry.user, "ann" in entry.label) == (hub.users["administrator"], False)
    assert end not in administrator.get(page_of(ann)).content.decode()


def test_nobody_is_invited_who_is_subscribed_or_has_left(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann")
    hub.subscribe("bob", status=Status.ENDED)
    form = {
        "newsletter": hub.newsletter.pk,
        "language": hub.locales["en"].pk,
        "themes": [hub.themes["power"].pk],
        "basis": "relation",
        "ground": "asked at a meeting",
    }
    pages = {}
    for name in ("ann", "bob"):
        invited = form | {"email": f"{name.upper()}@example.org"}
        pages[name] = administrator.post(address("add"), invited, follow=True).content.decode()
    for page in pages.values():
        assert "They are subscribed, were asked today, or left: then only they can subscribe." in page
    assert not SignUp.objects.exists()


def test_an_invitation_that_cannot_be_sent_says_why_and_loses_nothing(hub: Hub, administrator: Client) -> None:
    NewsletterText.objects.filter(locale=hub.locales["nl"]).delete()
    form = {"email": "no address", "first_name": "Eva", "newsletter": hub.newsletter.pk}
    page = administrator.post(address("add"), form | {"language": hub.locales["nl"].pk}).content.decode()
    assert "Enter a valid email address." in page
    assert "is not published in this language." in page
    assert "Choose at least one theme." in page
    assert 'value="Eva"' in page
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("key", ["0", "abc", "9" * 30, "9" * 5000])
def test_a_key_of_nothing_is_not_found(hub: Hub, administrator: Client, key: str) -> None:
    known = reverse("newsletters_admin:reader", args=[1])
    assert administrator.get(known.replace("/1/", f"/{key}/")).status_code == 404


def test_each_right_is_its_own(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann")
    end = reverse("newsletters_admin:end_subscription", args=[ann.pk])
    looks = client_of(hub, "editor", "view_subscription")
    assert looks.get(page_of(ann)).status_code == 200
    assert end not in looks.get(page_of(ann)).content.decode()
    assert looks.get(address("add")).status_code == 302
    assert looks.post(end).status_code == 302
    ann.refresh_from_db()
    assert ann.status == Status.ACTIVE
    assert client_of(hub, "outsider").get(page_of(ann)).status_code == 302


def test_a_list_of_many_asks_no_more_than_a_list_of_few(
    hub: Hub, administrator: Client, django_assert_max_num_queries: Any
) -> None:
    hub.subscribe("ann")
    administrator.get(address("index"))
    with django_assert_max_num_queries(100) as few:
        administrator.get(address("index"))
    hub.subscribe(*(f"reader{number}" for number in range(20)), themes=["data", "power"])
    with django_assert_max_num_queries(len(few)):
        administrator.get(address("index"))


def invitation(hub: Hub, **changes: str) -> InvitationForm:
    why = {"basis": "consent", "agreed_on": "2026-05-12", "ground": "asked at the meeting"}
    who = {"email": "new@example.org", "newsletter": hub.newsletter.pk, "language": hub.locales["en"].pk}
    return InvitationForm(who | why | {"themes": [hub.themes["data"].pk]} | changes)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"basis": ""}, "basis"),
        ({"ground": ""}, "ground"),
        ({"agreed_on": ""}, "agreed_on"),
        ({"agreed_on": "2999-01-01"}, "agreed_on"),
        ({"basis": "relation", "ground": ""}, "ground"),
    ],
)
def test_an_invitation_says_on_what_it_rests(hub: Hub, changes: dict[str, str], wrong: str) -> None:
    assert list(invitation(hub, **changes).errors) == [wrong]


def test_an_invitation_for_a_relation_has_no_day_of_consent(hub: Hub) -> None:
    choices = form.choices() if (form := invitation(hub, basis="relation")).is_valid() else None
    assert choices
    assert (choices["basis"], choices["agreed_on"]) == ("relation", None)


def test_the_proof_says_on_what_an_invitation_rested(hub: Hub) -> None:
    sign_up = hub.ask("eve")
    SignUp.objects.update(basis="relation", ground="donor since 2024")
    sign_up.refresh_from_db()
    subscription = confirm_sign_up(sign_up, wording="", now=timezone.now())
    assert subscription
    kept = personal_data_of(subscription.subscriber, names_staff=False, now=timezone.now())
    _confirmed, requested = kept.subscriptions[0].events
    assert "told how to object" in requested.basis
    assert requested.note == "donor since 2024"
    assert "told how to object" in kept.requests[0].basis
