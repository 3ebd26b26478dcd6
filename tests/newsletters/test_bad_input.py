"""Input that no form would send: wrong types, unknown keys, times beyond the calendar; none causes a 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from newsletters.models import IssuePage, Schedule
from tests.newsletters.building import Hub

ODD = ["", "a\x00b", "-1", "9" * 30, "9" * 5000, "²", "<script>🦊", "x" * 100_000]
DAYS = ["9999-12-31", "0001-01-01", "2026-02-30", "31-12-2026", ODD[1]]
CLOCKS = ["24:00", *ODD[:3]]
MOMENTS = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-01", ODD[1]]


@pytest.fixture
def client(hub: Hub) -> Client:
    client = Client()
    client.force_login(hub.users["administrator"])
    return client


def body_of(hub: Hub) -> Any:
    return IssuePage.objects.get(pk=hub.issue.pk).get_latest_revision_as_object().body


def asked(client: Client, where: str, **fields: Any) -> int:
    return client.post(where, fields).status_code


def test_gathering_takes_what_it_knows_and_passes_over_the_rest(hub: Hub, client: Client) -> None:
    new = reverse("newsletters_admin:gather-new", args=[hub.page.pk])
    more = reverse("newsletters_admin:gather", args=[hub.issue.pk])
    before = len(body_of(hub))
    for odd in ODD:
        assert asked(client, more, chosen=odd) == 302
        assert asked(client, new, chosen=odd) == 302
        for name in ("since", "until", "themes", "types", "tags"):
            assert client.get(new, {name: odd}).status_code == 200
    for day in DAYS:
        assert client.get(new, {"since": day, "until": day}).status_code == 200
        assert client.get(more, {"since": day}).status_code == 200
        assert client.get(more, {"until": day}).status_code == 200
    issues = IssuePage.objects.count()
    for moment in MOMENTS:
        assert asked(client, new, chosen="x", since=moment, until=moment) == 302
    assert (len(body_of(hub)), IssuePage.objects.count()) == (before, issues)


def test_a_time_beyond_the_calendar_is_asked_again(hub: Hub, client: Client) -> None:
    hub.subscribe("ann")
    where = reverse("newsletters_admin:schedule", args=[hub.issue.pk])
    for day in DAYS:
        assert asked(client, where, day=day, clock="09:00", moment=day) == 200
    for clock in CLOCKS:
        assert asked(client, where, day=f"{hub.now:%Y}-12-31", clock=clock) == 200
    assert not Schedule.objects.exists()


def test_what_is_asked_of_an_issue_or_a_sending_in_odd_words_changes_nothing(hub: Hub, client: Client) -> None:
    hub.subscribe("ann")

    def at(name: str, key: int) -> str:
        return reverse(f"newsletters_admin:{name}", args=[key])

    for odd in ODD:
        assert asked(client, at("updates", hub.issue.pk), only=odd, replace=odd) == 302
        assert asked(client, at("approve", hub.issue.pk), content_hash=odd) == 302
        assert client.get(at("preview", hub.issue.pk), {"edition": odd, "view": odd, "as": odd}).status_code == 200
        assert client.get(at("test", hub.issue.pk), {"reader": odd, "edition": odd}).status_code == 200
        assert asked(client, at("send_back", hub.issue.pk), comment=odd) == 302
        assert asked(client, at("test", hub.issue.pk), addresses=odd, edition=odd) in {200, 302}
    dispatch = hub.send()
    for odd in ODD:
        for given in ({"key": odd, "went_out": "no"}, {"key": "all", "went_out": odd}):
            assert asked(client, at("uncertain", dispatch.pk), **given) in {302, 400}
        for given in ({"q": odd}, {"state": odd}, {"state": f"excluded.{odd}"}, {"p": odd}):
            assert client.get(at("deliveries", dispatch.pk), given).status_code == 200
        assert client.get(at("uncertain", dispatch.pk), {"p": odd}).status_code == 200
        assert asked(client, at("correct", dispatch.pk), number=odd) == 302
    assert dispatch.deliveries.get().status == "ready"


def test_keys_of_nothing_are_not_found(hub: Hub, client: Client) -> None:
    for name in ("gather", "updates", "review", "confirm", "dispatch", "deliveries", "uncertain", "rest"):
        known = reverse(f"newsletters_admin:{name}", args=[1])
        for key in ("999999999", "9" * 30, "9" * 5000):
            assert client.get(known.replace("/1/", f"/{key}/")).status_code == 404
    assert client.get(f"/n/i/{'9' * 30}/en").status_code == 404
    steer = reverse("newsletters_admin:steer", args=[1, "pause"])
    assert [client.post(steer.replace("/1/", f"/{key}/")).status_code for key in ("9" * 30, "9" * 5000)] == [404, 404]
