"""Segments by own fields: each field is a kind of condition."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from newsletters.audience.own_fields.keep_answers import keep_answers
from newsletters.audience.queries import audience
from newsletters.audience.segments.rules import segment_words, with_words
from newsletters.exceptions import BrokenSegment
from newsletters.models import Condition, FrozenSegment, OwnField, Recipients, Segment
from tests.newsletters.audience.own_fields.conftest import AddField
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

ANSWERS = {
    "ann": {"organisation": "The Hub", "sector": "school", "member": "yes", "started": "2024-05-01"},
    "bob": {"organisation": "Library", "sector": "museum", "member": "no", "started": "2025-01-31"},
    "cem": {},
}
FOUND: list[tuple[str, dict[str, Any], str, str]] = [
    ("organisation", {"how": "is", "answer": "The Hub"}, "ann", "answered “Organisation” with “The Hub”"),
    ("organisation", {"how": "is_not", "answer": "The Hub"}, "bob cem", "did not answer “Organisation” with “The Hub”"),
    ("organisation", {"how": "known"}, "ann bob", "answered “Organisation”"),
    ("organisation", {"how": "unknown"}, "cem", "did not answer “Organisation”"),
    ("sector", {"how": "is", "answers": ["school", "museum"]}, "ann bob", "answered “Sector” with School or Museum"),
    ("sector", {"how": "is_not", "answers": ["school"]}, "bob cem", "did not answer “Sector” with School"),
    ("member", {"how": "yes"}, "ann", "answered “Member” with Yes"),
    ("member", {"how": "no"}, "bob", "answered “Member” with No"),
    ("member", {"how": "unknown"}, "cem", "did not answer “Member”"),
    ("started", {"how": "before", "day": "2025-01-01"}, "ann", "answered “Started” with a day before 1 January 2025"),
    ("started", {"how": "since", "day": "2024-05-01"}, "ann bob", "answered “Started” with 1 May 2024 or a later day"),
    ("started", {"how": "is", "day": "2025-01-31"}, "bob", "answered “Started” with 31 January 2025"),
]


@pytest.fixture
def asked(hub: Hub, add_field: AddField) -> Hub:
    """A hub whose readers answered."""
    add_field("organisation")
    add_field("sector", kind="choice", choices=("school", "museum"))
    add_field("member", kind="yes_no")
    add_field("started", kind="date")
    for subscription in hub.subscribe(*ANSWERS):
        keep_answers(subscription.subscriber, ANSWERS[subscription.subscriber.first_name.lower()])
    return hub


def readers(hub: Hub, *conditions: Condition, match: str = "all") -> str:
    segment = FrozenSegment(key=1, newsletter=hub.newsletter.pk, name="", match=match, conditions=conditions)
    people = audience(hub.newsletter, to=Recipients(send_to=segment)).order_by("subscriber__email")
    return " ".join(subscription.subscriber.first_name.lower() for subscription in people)


@pytest.mark.parametrize(("key", "values", "people", "words"), FOUND)
def test_who_is_found_and_how_it_reads(asked: Hub, key: str, values: dict[str, Any], people: str, words: str) -> None:
    condition = Condition(kind=f"own-{key}", values=values)
    assert readers(asked, condition) == people
    assert segment_words([condition], match="all", newsletter=asked.newsletter) == words


def test_conditions_on_several_fields_are_joined(asked: Hub) -> None:
    school = Condition(kind="own-sector", values={"how": "is", "answers": ["school"]})
    no = Condition(kind="own-member", values={"how": "no"})
    assert readers(asked, school, no) == ""
    assert readers(asked, school, no, match="any") == "ann bob"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("gone", {"how": "known"}),
        ("sector", {"how": "is", "answers": ["bakery"]}),
        ("sector", {"how": "is", "answers": []}),
        ("organisation", {"how": "is", "answer": ""}),
        ("started", {"how": "before", "day": None}),
        ("started", {"how": "before", "day": "2025-02-31"}),
        ("member", {"how": "is"}),
    ],
)
def test_what_names_something_that_is_gone_or_is_not_filled_in_cannot_be_sent_to(
    asked: Hub, key: str, values: dict[str, Any]
) -> None:
    with pytest.raises(BrokenSegment):
        readers(asked, Condition(kind=f"own-{key}", values=values))


def test_a_deleted_field_breaks_its_segments_and_no_page(asked: Hub) -> None:
    conditions = [{"kind": "own-member", "values": {"how": "yes"}}]
    segment = Segment.objects.create(newsletter=asked.newsletter, name="Members", conditions=conditions)
    OwnField.objects.get(key="member").delete()
    client = client_of(asked, "administrator")
    page = client.get(reverse("segments:index"))
    assert page.status_code == 200
    assert "names the own field “member”, which is gone" in page.content.decode()
    with pytest.raises(BrokenSegment, match=r"The segment “Members” cannot be used[.] .*“member”"):
        with_words(Recipients(send_to=segment.freeze()), newsletter=asked.newsletter)
    assert client.get(reverse("segments:edit", args=[segment.pk])).status_code == 200


def test_staff_write_a_segment_by_an_own_field(asked: Hub) -> None:
    client, address = client_of(asked, "administrator"), reverse("segments:add", args=[asked.newsletter.pk])
    page = client.post(address, {"name": "", "match": "all", "add": "1", "new_kind": "own-sector"}).content.decode()
    assert 'value="own-sector-0"' in page
    assert "Museum" in page
    row = {"row": "own-sector-0", "own-sector-0-how": "is", "own-sector-0-answers": ["museum"]}
    assert client.post(address, {"name": "Museums", "match": "all", "save": "1"} | row).status_code == 302
    assert Segment.objects.get().conditions == [{"kind": "own-sector", "values": {"how": "is", "answers": ["museum"]}}]
