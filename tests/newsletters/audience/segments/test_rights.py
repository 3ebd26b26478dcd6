"""Whoever may see counts but no addresses cannot find out with a segment whether somebody is a reader."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.segments.actions.save_segment import save_segment
from newsletters.exceptions import NotAllowed
from newsletters.issues.previewing import EditionPreview
from newsletters.models import Condition, ConsentEvent, ConsentSource, Segment, Subscription
from tests.newsletters.audience.segments.test_rules import DUTCH, crowd, make_segment
from tests.newsletters.audience.segments.test_views import FILLED, adding
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

__all__ = ["crowd"]

AT_HOME = Condition(kind="mail_domain", values={"domains": "jansen.example"})
ASKED = {"name": "Jansen", "match": "all", "row": "mail_domain-0", "mail_domain-0-domains": "jansen.example"}
HIDDEN = "only those who may see addresses can read them"


@pytest.fixture
def counts_only(crowd: Hub) -> Client:
    return client_of(crowd, "editor")


def words(client: Client, address: str, **posted: object) -> str:
    response = client.post(address, posted) if posted else client.get(address)
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True).split())


def segment_of_administrator(hub: Hub) -> Segment:
    segment = Segment(newsletter=hub.newsletter)
    save_segment(segment, name="Jansen", match="all", conditions=[AT_HOME], user=hub.users["administrator"])
    return segment


def test_a_domain_is_neither_offered_nor_counted_nor_saved(crowd: Hub, counts_only: Client) -> None:
    crowd.subscribe("jan", domain="jansen.example")
    page = BeautifulSoup(counts_only.get(adding(crowd)).content, "html.parser")
    assert "mail_domain" not in [str(option["value"]) for option in page.select("select[name=new_kind] option")]
    assert "mail_domain-0" not in words(counts_only, adding(crowd), add="1", new_kind="mail_domain")
    answer = words(counts_only, reverse("segments:count", args=[crowd.newsletter.pk]), **ASKED)
    assert answer == "Fill in every condition to see how many readers meet them."
    assert "Add at least one condition." in words(counts_only, adding(crowd), **ASKED, save="1")
    with pytest.raises(NotAllowed):
        make_segment(crowd, "Jansen", AT_HOME)
    assert not Segment.objects.exists()


def test_a_segment_with_a_domain_can_be_used_but_not_read_or_changed(crowd: Hub, counts_only: Client) -> None:
    segment = segment_of_administrator(crowd)
    listed = words(counts_only, reverse("segments:index"))
    assert "Jansen" in listed
    assert HIDDEN in listed
    assert "jansen.example" not in listed
    for name in ("edit", "delete"):
        address = reverse(f"segments:{name}", args=[segment.pk])
        assert counts_only.get(address).status_code == 302
        assert counts_only.post(address, {**FILLED, "save": "1"}).status_code == 302
    with pytest.raises(NotAllowed):
        save_segment(segment, name="Mine", match="all", conditions=[DUTCH], user=crowd.users["editor"])
    assert Segment.objects.get().name == "Jansen"


def test_a_segment_stays_closed_when_the_own_field_of_its_condition_is_deleted(crowd: Hub, counts_only: Client) -> None:
    conditions = [{"kind": "own-employer", "values": {"how": "is", "answer": "Jansen Ltd"}}]
    segment = Segment.objects.create(newsletter=crowd.newsletter, name="Jansen", conditions=conditions)
    assert HIDDEN in words(counts_only, reverse("segments:index"))
    assert counts_only.get(reverse("segments:edit", args=[segment.pk])).status_code == 302
    assert client_of(crowd, "administrator").get(reverse("segments:edit", args=[segment.pk])).status_code == 200


def test_the_review_and_the_sending_hide_the_domain_too(crowd: Hub, counts_only: Client) -> None:
    crowd.subscribe("jan", domain="jansen.example")
    crowd.issue.send_to = segment_of_administrator(crowd)
    crowd.issue.save_revision()
    review = reverse("newsletters_admin:review", args=[crowd.issue.pk])
    assert HIDDEN in words(counts_only, review)
    assert "jansen.example" not in words(counts_only, review)
    assert "jansen.example" in words(client_of(crowd, "approver"), review)  # who sends must know to whom

    dispatch = crowd.send()
    sending = reverse("newsletters_admin:dispatch", args=[dispatch.pk])
    assert HIDDEN in words(counts_only, sending)
    assert "jansen.example" not in words(counts_only, sending)
    assert "jansen.example" in words(client_of(crowd, "approver"), sending)


def test_a_number_that_is_about_few_people_is_not_told(crowd: Hub, counts_only: Client) -> None:
    make_segment(crowd, "Dutch", DUTCH)
    count = reverse("segments:count", args=[crowd.newsletter.pk])
    dutch = {"name": "Dutch", "match": "all", "row": "language-0", "language-0-languages": "nl"}
    assert words(counts_only, count, **dutch).startswith("fewer than 5 of 4 readers")
    assert words(counts_only, reverse("segments:index")).count("fewer than 5") == 1
    crowd.subscribe(*(f"reader{number}" for number in range(3)), language="nl")
    assert words(counts_only, count, **dutch).startswith("5 of 7 readers")
    looker = client_of(crowd, "editor", "view_subscription")
    data = {"name": "Data", "match": "all", "row": "themes-0", "themes-0-themes": "power"}
    assert words(looker, count, **data).startswith("2 of 7 readers")


@pytest.mark.parametrize("page", ["review", "test"])
def test_few_readers_of_an_edition_are_not_told(crowd: Hub, counts_only: Client, page: str) -> None:
    address = reverse(f"newsletters_admin:{page}", args=[crowd.issue.pk])
    assert "Nederlands: Civic power (fewer than 5)" in words(counts_only, address)
    assert "Nederlands: Civic power (1)" not in words(counts_only, address)
    assert "Nederlands: Civic power (1)" in words(client_of(crowd, "editor", "view_subscription"), address)


def test_few_readers_of_an_edition_are_not_told_in_the_preview(crowd: Hub) -> None:
    labels = [str(label) for _key, label in EditionPreview().modes(crowd.draft())]
    assert "Nederlands: Civic power (fewer than 5)" in labels


def test_the_table_of_the_editions_tells_no_small_number(crowd: Hub, counts_only: Client) -> None:
    def cells(client: Client) -> set[str]:
        page = BeautifulSoup(client.get(review).content, "html.parser")
        return {cell.get_text(strip=True) for cell in page.select(".hub-editions td.hub-number")}

    review = reverse("newsletters_admin:review", args=[crowd.issue.pk])
    assert cells(counts_only) == {"fewer than 5"}
    assert cells(client_of(crowd, "approver")) == {"1"}


def test_readers_in_numbers_tell_no_small_number(crowd: Hub, counts_only: Client) -> None:
    def cells(client: Client) -> set[str]:
        page = BeautifulSoup(client.get(reverse("newsletters_admin:numbers")).content, "html.parser")
        assert bool(page.select(".hub-plot")) is (client is not counts_only)
        return {cell.get_text(strip=True) for cell in page.select("td.hub-number")}

    subscription = Subscription.objects.all()[0]
    now = timezone.now()
    ConsentEvent.add(subscription, kind=ConsentEvent.Kind.CONFIRMED, source=ConsentSource.CONFIRMATION, now=now)
    assert cells(counts_only) == {"fewer than 5"}
    assert {"4", "2", "1", "0"} <= cells(client_of(crowd, "approver"))
    crowd.subscribe("eve")
    assert {"5", "fewer than 5"} == cells(counts_only)
