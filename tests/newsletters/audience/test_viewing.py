"""Who looks at readers is noted, and who may not see them sees numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.models import ConsentEvent, ConsentSource, Dispatch, Subscription, Suppression
from tests.newsletters.audience.imports.importing import Importer
from tests.newsletters.audience.test_subscriptions import client_of, page_of
from tests.newsletters.building import Hub

Kind = ConsentEvent.Kind
INDEX, NUMBERS = "subscriptions:index", "newsletters_admin:numbers"


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def noted(action: str) -> list[Any]:
    return list(ModelLogEntry.objects.filter(action=f"hub_newsletters.{action}").order_by("pk"))


def test_opening_a_readers_page_is_noted_once_an_hour_for_each_reader(hub: Hub, administrator: Client) -> None:
    ann, bob = hub.subscribe("ann", "bob")
    for subscription in (ann, ann, bob):
        administrator.get(page_of(subscription))
    entries = noted("view_reader")
    assert [entry.object_id for entry in entries] == [f"{ann.subscriber_id}", f"{bob.subscriber_id}"]
    assert {entry.user for entry in entries} == {hub.users["administrator"]}
    client_of(hub, "editor", "view_subscription").get(page_of(ann))
    assert len(noted("view_reader")) == 3
    ModelLogEntry.objects.update(timestamp=timezone.now() - timedelta(minutes=61))
    administrator.get(page_of(ann))
    assert len(noted("view_reader")) == 4


def test_a_list_is_noted_with_its_filters_and_not_with_what_was_searched_for(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann")
    index = reverse(INDEX)
    for query in ("", "", "?q=ann%40example.org&state=active", "?state=ended&q=bob"):
        administrator.get(index + query)
    first, second = noted("view_readers")
    assert first.data == {"list": "readers", "filters": []}
    assert second.data == {"list": "readers", "filters": ["state", "words"]}
    for entry in (first, second):
        assert "ann" not in f"{entry.label} {entry.data} {entry.formatter.format_message(entry)}"


@pytest.mark.parametrize("name", ["sign_ups:index", "newsletters_admin:deliveries", "newsletters_admin:uncertain"])
def test_other_lists_with_addresses_are_noted_too(hub: Hub, administrator: Client, name: str) -> None:
    hub.subscribe("ann")
    arguments = [] if name == "sign_ups:index" else [hub.start().pk]
    administrator.get(reverse(name, args=arguments))
    assert len(noted("view_readers")) == 1


def test_addresses_beside_other_things_are_noted_too(hub: Hub, administrator: Client) -> None:
    (ann,) = hub.subscribe("annabel")
    issue = hub.issue.pk
    importer = Importer(hub, administrator)
    made = importer.upload("email\nann@example.org\n")
    administrator.get(importer.page(made))
    dispatch = hub.start()
    Dispatch.objects.filter(pk=dispatch.pk).update(status="paused", status_reason="550 annabel@example.org: no")
    administrator.get(reverse("newsletters_admin:dispatch", args=[dispatch.pk]))
    preview = reverse("newsletters_admin:preview", args=[issue])
    administrator.get(f"{preview}?q=annab")
    assert [entry.data["list"] for entry in noted("view_readers")] == ["import", "sending", "preview"]
    for address in (preview, reverse("newsletters_admin:test", args=[issue])):
        ModelLogEntry.objects.all().delete()
        assert "annabel" in administrator.get(f"{address}?reader={ann.pk}").content.decode().lower()
        assert [entry.object_id for entry in noted("view_reader")] == [f"{ann.subscriber_id}"]


def test_who_is_refused_is_not_noted_as_a_viewer(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann")
    client_of(hub, "editor").get(page_of(ann))
    client_of(hub, "editor").get(reverse(INDEX))
    assert not noted("view_reader")
    assert not noted("view_readers")


@pytest.mark.parametrize("role", ["editor", "approver"])
def test_an_editor_sees_numbers_and_nobodys_name(hub: Hub, role: str) -> None:
    hub.subscribe("annabel", "bob")
    hub.subscribe("cem", language="nl")
    hub.subscribe("dora", status=Subscription.Status.ENDED)
    hub.subscribe("eva", status=Subscription.Status.BOUNCED)
    (finn,) = hub.subscribe("finn")
    Subscription.objects.filter(pk=finn.pk).update(paused_until=timezone.localdate() + timedelta(days=3))
    page = client_of(hub, role).get(reverse(INDEX)).content.decode()
    for secret in ("annabel", "example.org", "Annabel"):
        assert secret not in page
    cells = [cell.get_text() for cell in BeautifulSoup(page, "html.parser").select(".hub-counts td")]
    few = ["fewer than 5"] * 6
    assert cells[:6] == (few if role == "editor" else ["3", "1", "1", "1", "2", "1"])


def test_months_count_those_who_joined_and_those_who_left(hub: Hub, administrator: Client) -> None:
    ann, bob = hub.subscribe("ann", "bob")
    now = timezone.now()
    for subscription, kind in ((ann, Kind.CONFIRMED), (bob, Kind.RETURNED), (ann, Kind.WITHDRAWN)):
        ConsentEvent.add(subscription, kind=kind, source=ConsentSource.CONFIRMATION, now=now)
    ConsentEvent.add(ann, kind=Kind.CONFIRMED, source=ConsentSource.CONFIRMATION, now=now - timedelta(days=800))
    page = BeautifulSoup(administrator.get(reverse(NUMBERS)).content, "html.parser")
    rows = [[cell.get_text() for cell in row.select("td")] for row in page.select("figure tbody tr")]
    assert rows == [["0", "0"]] * 11 + [["2", "1"]]
    assert page.select_one("svg[role=img][aria-label]")


def test_numbers_cost_the_same_for_few_and_for_many(
    hub: Hub, administrator: Client, django_assert_max_num_queries: Any
) -> None:
    hub.subscribe("ann")
    administrator.get(reverse(NUMBERS))
    with django_assert_max_num_queries(100) as few:
        administrator.get(reverse(NUMBERS))
    hub.subscribe(*(f"reader{number}" for number in range(20)), language="nl")
    with django_assert_max_num_queries(len(few)):
        administrator.get(reverse(NUMBERS))


def test_the_suppression_list_answers_for_one_address_in_any_spelling(hub: Hub, administrator: Client) -> None:
    Suppression.add("gone@example.org", reason=Suppression.Reason.ERASED, now=hub.now)
    (ann,) = hub.subscribe("ann")
    address = reverse("newsletters_admin:suppressed")
    found = administrator.post(address, {"email": "GONE@Example.ORG"}).content.decode()
    assert "is on the suppression list since" in found
    other = administrator.post(address, {"email": "ann@example.org"}).content.decode()
    assert "is not on the suppression list" in other
    assert page_of(ann) in other
    assert "Enter a valid email address." in administrator.post(address, {"email": "x"}).content.decode()
