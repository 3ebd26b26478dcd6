"""Segments as rules: all or any of the conditions, exclusion, and what can no longer be read."""

from __future__ import annotations

from typing import Any

import pytest

from cms.models import Theme
from newsletters.audience.queries import audience, recent_count
from newsletters.audience.segments.actions.delete_segment import delete_segment
from newsletters.audience.segments.actions.save_segment import save_segment
from newsletters.audience.segments.rules import segment_words, with_words
from newsletters.exceptions import BrokenSegment, NotAllowed
from newsletters.models import Condition, FrozenSegment, Newsletter, Recipients, Segment
from tests.newsletters.building import Hub

DUTCH = Condition(kind="language", values={"languages": ["nl"]})
DATA = Condition(kind="themes", values={"themes": ["data"]})
NAMELESS = Condition(kind="first_name", values={"first_name": "unknown"})


def make_segment(hub: Hub, name: str, *conditions: Condition, match: str = "all") -> Segment:
    segment = Segment(newsletter=hub.newsletter)
    save_segment(segment, name=name, match=match, conditions=conditions, user=hub.users["editor"])
    return segment


@pytest.fixture
def crowd(hub: Hub) -> Hub:
    """Four readers: each language with each of two themes."""
    hub.subscribe("ann", themes=["data"])
    hub.subscribe("bob", themes=["power"])
    hub.subscribe("nel", language="nl", themes=["data"])
    hub.subscribe("piet", language="nl", themes=["power"])
    return hub


def names(hub: Hub, recipients: Recipients) -> set[str]:
    emails = audience(hub.newsletter, to=recipients).values_list("subscriber__email", flat=True)
    return {email.partition("@")[0] for email in emails}


def test_readers_meet_all_conditions_or_any(crowd: Hub) -> None:
    both = make_segment(crowd, "Both", DUTCH, DATA).freeze()
    either = make_segment(crowd, "Either", DUTCH, DATA, match="any").freeze()
    assert names(crowd, Recipients(send_to=both)) == {"nel"}
    assert names(crowd, Recipients(send_to=either)) == {"ann", "nel", "piet"}
    assert names(crowd, Recipients(not_to=either)) == {"bob"}
    assert names(crowd, Recipients(send_to=either, not_to=both)) == {"ann", "piet"}
    assert names(crowd, Recipients()) == {"ann", "bob", "nel", "piet"}
    joined = [segment_words(each.conditions, match=each.match, newsletter=crowd.newsletter) for each in (both, either)]
    assert joined == ["read it in Nederlands, and follow Data", "read it in Nederlands, or follow Data"]


def test_only_people_who_would_get_an_issue_are_counted(crowd: Hub) -> None:
    crowd.subscribe("left", language="nl", status="ended")
    assert recent_count(crowd.newsletter, make_segment(crowd, "Dutch", DUTCH).freeze()) == 2


def test_a_count_that_took_long_is_kept_for_a_while_but_not_for_other_conditions(
    crowd: Hub, monkeypatch: Any, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("newsletters.audience.queries.SELDOM", 1_000_000)
    segment = make_segment(crowd, "Dutch", DUTCH)
    assert recent_count(crowd.newsletter, segment.freeze()) == 2
    crowd.subscribe("kees", language="nl")
    with django_assert_num_queries(1):  # which languages there are
        assert recent_count(crowd.newsletter, segment.freeze()) == 2
    segment.conditions = [{"kind": "language", "values": {"languages": ["nl", "en"]}}]
    assert recent_count(crowd.newsletter, segment.freeze()) == 5


@pytest.mark.parametrize(
    "conditions",
    [
        (),
        (Condition(kind="horoscope", values={}),),
        (Condition(kind="themes", values={"themes": []}),),
        (Condition(kind="language", values={"languages": "nl'); --"}),),
        (DUTCH, Condition(kind="subscribed", values={"when": "since", "day": None})),
    ],
)
def test_what_cannot_be_read_is_never_sent_to(hub: Hub, conditions: tuple[Condition, ...]) -> None:
    frozen = FrozenSegment(key=1, newsletter=hub.newsletter.pk, name="x", match="any", conditions=conditions)
    with pytest.raises(BrokenSegment):
        audience(hub.newsletter, to=Recipients(send_to=frozen))
    with pytest.raises(BrokenSegment):
        make_segment(hub, "x", *conditions)
    assert not Segment.objects.exists()


def test_a_theme_that_is_gone_does_not_silently_change_who_is_meant(crowd: Hub) -> None:
    chosen = Condition(kind="themes", values={"themes": ["climate", "data"]})
    segment = make_segment(crowd, "Climate", chosen).freeze()
    Theme.objects.get(slug="climate").delete()
    with pytest.raises(BrokenSegment, match="Themes"):
        audience(crowd.newsletter, to=Recipients(send_to=segment))


@pytest.mark.parametrize("row", [None, "language", {"kind": "language"}, {"kind": "language", "values": ["nl"]}])
def test_a_damaged_condition_is_not_left_out(crowd: Hub, row: object) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH, DATA)
    segment.conditions[1] = row
    with pytest.raises(BrokenSegment):
        audience(crowd.newsletter, to=Recipients(send_to=segment.freeze()))


def test_a_segment_of_another_newsletter_is_refused(crowd: Hub) -> None:
    frozen = make_segment(crowd, "Dutch", DUTCH).freeze()
    other = Newsletter.objects.create(name="Other", slug="other", sender_email="a@hub.test", reply_to="a@hub.test")
    with pytest.raises(BrokenSegment, match="another newsletter"):
        audience(other, to=Recipients(not_to=frozen))


def test_recipients_come_back_from_a_row_as_they_were(crowd: Hub) -> None:
    recipients = Recipients(
        send_to=make_segment(crowd, "Dutch", DUTCH).freeze(), not_to=make_segment(crowd, "Data", DATA).freeze()
    )
    kept = with_words(recipients, newsletter=crowd.newsletter)
    assert Recipients.from_json(kept.to_json()) == kept
    assert kept.fingerprints == recipients.fingerprints
    assert kept.send_to
    assert kept.send_to.words == {"en": "read it in Nederlands", "nl": "lezen in het Nederlands"}
    assert Recipients.from_json({}) == Recipients()


def test_only_who_may_see_counts_writes_and_deletes_segments(hub: Hub) -> None:
    segment = make_segment(hub, "Dutch", DUTCH)
    with pytest.raises(NotAllowed):
        save_segment(segment, name="Mine", match="all", conditions=[DATA], user=hub.users["outsider"])
    with pytest.raises(NotAllowed):
        delete_segment(segment, user=hub.users["outsider"])
    segment.refresh_from_db()
    assert segment.name == "Dutch"
    delete_segment(segment, user=hub.users["approver"])
    assert not Segment.objects.exists()
