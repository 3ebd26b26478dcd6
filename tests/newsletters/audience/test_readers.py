"""The list of readers: found by what they chose, page by page, at the same cost on every page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.readers.conditions import Conditions, matching
from newsletters.audience.readers.pages import PER_PAGE, page_of
from newsletters.models import ConsentEvent, ConsentSource, Newsletter, Segment, Subscriber, Subscription
from tests.newsletters.audience.segments.test_rules import DUTCH, make_segment
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub
from tests.parts import attribute, element

Status = Subscription.Status


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def listed(client: Client, query: str = "") -> list[str]:
    """Return the names before the @ of the readers on this page, in order."""
    page = BeautifulSoup(client.get(reverse("subscriptions:index") + query).content, "html.parser")
    return [link.get_text().partition("@")[0] for link in page.select(".hub-readers th a")]


@pytest.fixture
def crowd(hub: Hub) -> Hub:
    """Readers who differ in everything that a filter asks for."""
    hub.subscribe("ann", themes=["data", "power"])
    (bob,) = hub.subscribe("bob", language="nl", themes=["power"])
    hub.subscribe("cem", status=Status.ENDED)
    hub.subscribe("dora", status=Status.BOUNCED)
    hub.subscribe("eva", status=Status.COMPLAINED, language="nl")
    (finn,) = hub.subscribe("finn")
    Subscription.objects.filter(pk=finn.pk).update(paused_until=timezone.localdate() + timedelta(days=9))
    Subscription.objects.filter(pk=bob.pk).update(status_changed_at=hub.now - timedelta(days=400))
    ConsentEvent.add(bob, kind=ConsentEvent.Kind.REQUESTED, source=ConsentSource.API, now=hub.now)
    Subscriber.objects.create(email="gijs@example.org", first_name="Gijs")
    return hub


def test_everybody_is_listed_the_newest_first_also_without_a_subscription(crowd: Hub, administrator: Client) -> None:
    assert listed(administrator) == ["gijs", "finn", "eva", "dora", "cem", "bob", "ann"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=bo", ["bob"]),
        ("?q=BOB%40Example.ORG", ["bob"]),
        ("?q=gij", ["gijs"]),
        ("?q=example", []),
        ("?state=active", ["bob", "ann"]),
        ("?state=paused", ["finn"]),
        ("?state=ended", ["cem"]),
        ("?state=bounced", ["dora"]),
        ("?state=complained", ["eva"]),
        ("?state=set_aside", ["eva", "dora"]),
        ("?source=api", ["bob"]),
        ("?source=admin", []),
        ("?until=2000-01-01", []),
        ("?since=2000-01-01&state=ended", ["cem"]),
        ("?q=%00", ["gijs", "finn", "eva", "dora", "cem", "bob", "ann"]),
    ],
)
def test_a_filter_finds_whom_it_says(crowd: Hub, administrator: Client, query: str, found: list[str]) -> None:
    assert listed(administrator, query) == found


def test_filters_on_rows_of_the_hub_combine(crowd: Hub, administrator: Client) -> None:
    nl, power = crowd.locales["nl"].pk, crowd.themes["power"].pk
    assert listed(administrator, f"?language={nl}") == ["eva", "bob"]
    assert listed(administrator, f"?theme={power}") == ["bob", "ann"]
    assert listed(administrator, f"?theme={power}&language={nl}") == ["bob"]
    other = Newsletter.objects.create(name="Other", slug="other")
    assert listed(administrator, f"?newsletter={other.pk}") == []
    assert listed(administrator, f"?newsletter={crowd.newsletter.pk}&state=ended") == ["cem"]


def test_a_segment_is_a_filter_of_its_newsletter(crowd: Hub, administrator: Client) -> None:
    dutch = make_segment(crowd, "Dutch", DUTCH)
    page = BeautifulSoup(administrator.get(reverse("subscriptions:index")).content, "html.parser")
    assert "Dutch (The Letter)" in [option.get_text() for option in page.select("select[name=segment] option")]
    assert listed(administrator, f"?segment={dutch.pk}") == ["eva", "bob"]
    assert listed(administrator, f"?segment={dutch.pk}&state=active") == ["bob"]
    other = Newsletter.objects.create(name="Other", slug="other")
    assert listed(administrator, f"?segment={dutch.pk}&newsletter={other.pk}") == []


def test_a_segment_that_cannot_be_read_is_refused_and_finds_nobody(crowd: Hub, administrator: Client) -> None:
    dutch = make_segment(crowd, "Dutch", DUTCH)
    Segment.objects.update(conditions=[{"kind": "language", "values": {"languages": ["fr"]}}])
    page = administrator.get(reverse("subscriptions:index") + f"?segment={dutch.pk}").content.decode()
    assert "names something that is gone" in page
    for pk in (dutch.pk, 987654321):
        assert not matching(Conditions(segment=pk), now=crowd.now)


def test_a_segment_costs_the_same_for_few_and_for_many(
    crowd: Hub, administrator: Client, django_assert_num_queries: Any
) -> None:
    dutch = make_segment(crowd, "Dutch", DUTCH)
    address = reverse("subscriptions:index") + f"?segment={dutch.pk}"
    administrator.get(address)
    with django_assert_num_queries(23) as asked:
        administrator.get(address)
    crowd.subscribe(*(f"reader{number}" for number in range(60)), language="nl")
    with django_assert_num_queries(23):
        administrator.get(address)
    assert not [query for query in asked.captured_queries if "COUNT(" in query["sql"]]


def test_all_conditions_hold_for_one_and_the_same_subscription(crowd: Hub) -> None:
    other = Newsletter.objects.create(name="Other", slug="other")
    ann = Subscription.objects.get(subscriber__email="ann@example.org")
    Subscription.objects.create(
        subscriber=ann.subscriber,
        newsletter=other,
        locale=ann.locale,
        theme_set=ann.theme_set,
        status=Status.ENDED,
        status_changed_at=crowd.now,
    )
    ended = Conditions(newsletter=crowd.newsletter.pk, state="ended")
    assert ann.subscriber not in matching(ended, now=crowd.now)
    assert ann.subscriber in matching(Conditions(state="ended"), now=crowd.now)


def test_who_is_erased_soon_has_nothing_that_goes_on(crowd: Hub) -> None:
    soon = Conditions(state="erased_soon")
    assert not matching(soon, now=crowd.now)
    later = crowd.now + timedelta(days=22)
    assert [reader.email for reader in matching(soon, now=later)] == ["cem@example.org"]


def test_days_are_those_of_the_hub_and_both_ends_count(crowd: Hub) -> None:
    changed = timezone.localdate(crowd.now - timedelta(days=400))
    for since, until, is_found in (
        (changed, changed, True),
        (changed + timedelta(days=1), date(2999, 1, 1), False),
        (None, changed - timedelta(days=1), False),
    ):
        found = matching(Conditions(words="bob", since=since, until=until), now=crowd.now)
        assert found.exists() == is_found


def test_conditions_survive_being_kept_as_json() -> None:
    conditions = Conditions(words="a", newsletter=3, state="ended", since=date(2026, 1, 2), keys=(1, 2))
    assert Conditions.from_json(conditions.as_json()) == conditions
    assert "a" not in Conditions(words="ann@example.org").names


def test_pages_follow_each_other_in_both_directions_and_keep_the_filters(hub: Hub, administrator: Client) -> None:
    hub.subscribe(*(f"reader{number:03}" for number in range(2 * PER_PAGE + 5)))
    hub.subscribe("zoe", status=Status.ENDED)
    index, seen = reverse("subscriptions:index"), []
    query: str | None = "?state=active"
    last = ""
    while query:
        page = BeautifulSoup(administrator.get(index + query).content, "html.parser")
        seen += [link.get_text() for link in page.select(".hub-readers th a")]
        last, following = query, page.select_one("a[rel=next]")
        query = attribute(following, "href") if following else None
    assert seen == [f"reader{number:03}@example.org" for number in reversed(range(2 * PER_PAGE + 5))]
    page = BeautifulSoup(administrator.get(index + last).content, "html.parser")
    before = attribute(element(page, "a[rel=prev]"), "href")
    assert listed(administrator, before)[-1] == "reader005"
    first = BeautifulSoup(administrator.get(index + "?state=active").content, "html.parser")
    assert first.select_one("a[rel=prev]") is None


def test_a_page_costs_the_same_for_few_and_for_many_and_counts_nobody(
    hub: Hub, administrator: Client, django_assert_num_queries: Any
) -> None:
    hub.subscribe("ann")
    now = timezone.now()
    with django_assert_num_queries(5) as few:
        page_of(Conditions(), now=now)
    hub.subscribe(*(f"reader{number}" for number in range(PER_PAGE)), themes=["data", "power"])
    with django_assert_num_queries(5) as many:
        page_of(Conditions(state="active"), older_than=10**9, now=now)
    for query in [*few.captured_queries, *many.captured_queries]:
        assert "COUNT" not in query["sql"]


def test_who_only_waits_to_confirm_is_shown_with_the_way_to_the_sign_ups(hub: Hub, administrator: Client) -> None:
    hub.ask("hana")
    page = administrator.get(reverse("subscriptions:index") + "?q=hana").content.decode()
    assert "has not confirmed yet" in page
    assert f"{reverse('sign_ups:index')}?q=hana" in page
    assert "hana@example.org" not in administrator.get(reverse("subscriptions:index") + "?q=ann").content.decode()


def test_an_empty_list_says_what_to_do(hub: Hub, administrator: Client) -> None:
    index = reverse("subscriptions:index")
    assert "Nobody has subscribed yet." in administrator.get(index).content.decode()
    assert "No reader matches." in administrator.get(index + "?q=nobody").content.decode()


@pytest.mark.parametrize(
    "query", ["?newsletter=x", "?state=x", "?since=x", "?older=x", "?newer=" + "9" * 40, "?theme=" + "9" * 30]
)
def test_a_filter_that_makes_no_sense_breaks_nothing(crowd: Hub, administrator: Client, query: str) -> None:
    assert administrator.get(reverse("subscriptions:index") + query).status_code == 200


def test_only_who_may_see_readers_sees_the_list(crowd: Hub) -> None:
    assert client_of(crowd, "outsider").get(reverse("subscriptions:index")).status_code == 302
    assert "ann" in listed(client_of(crowd, "editor", "view_subscription"))
