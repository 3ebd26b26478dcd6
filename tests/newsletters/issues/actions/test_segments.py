"""An issue that is sent to a segment, or not to one: approving, sending, what a dispatch keeps, sending once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.segments.actions.delete_segment import delete_segment
from newsletters.audience.segments.actions.save_segment import save_segment
from newsletters.exceptions import ChecksFailed, NoAudience, NotApproved, SegmentInUse
from newsletters.issues.actions.correct_dispatch import correct_dispatch
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.issues.checking import check_issue
from newsletters.issues.reach import reach
from newsletters.models import Condition, Dispatch, IssuePage, Schedule, Segment, Subscription
from newsletters.results.actions.follow_dispatch import follow_dispatch
from newsletters.results.unreached import count_unreached
from newsletters.sending.actions.steer_dispatch import steer_dispatch
from newsletters.sending.ledger.status import ledger_status
from newsletters.testing import FakeTransport
from tests.newsletters.audience.segments.test_rules import DATA, DUTCH, NAMELESS, crowd, make_segment
from tests.newsletters.building import Hub
from tests.newsletters.conftest import states

__all__ = ["crowd"]


def choose(hub: Hub, *, send_to: Segment | None = None, not_to: Segment | None = None) -> None:
    """Save the issue for these recipients."""
    issue = hub.draft()
    issue.send_to, issue.not_to = send_to, not_to
    issue.save()
    issue.save_revision()
    hub.is_edited = True


def issue_of(hub: Hub) -> IssuePage:
    return IssuePage.objects.get(pk=hub.issue.pk)


def names(dispatch: Dispatch) -> set[str]:
    emails = dispatch.deliveries.values_list("subscription__subscriber__email", flat=True)
    return {email.partition("@")[0] for email in emails}


def change(hub: Hub, segment: Segment, *conditions: Any) -> None:
    save_segment(segment, name=segment.name, match="all", conditions=conditions, user=hub.users["editor"])


def codes(hub: Hub) -> list[tuple[str, str]]:
    checked = check_issue(hub.draft(), newsletter=hub.newsletter, now=hub.now)
    return [(finding.code, finding.level) for finding in checked.findings if "segment" in finding.code]


def test_only_readers_in_the_segment_have_a_delivery(crowd: Hub, transport: FakeTransport, work: Any) -> None:
    choose(crowd, send_to=make_segment(crowd, "Dutch", DUTCH))
    dispatch = crowd.send()
    assert names(dispatch) == {"nel", "piet"}
    work(dispatch, transport)
    assert (dispatch.audience, states(dispatch)) == (2, {"accepted": 2})
    assert len(transport.handovers) == 2


def test_readers_in_the_other_segment_have_none(crowd: Hub) -> None:
    choose(crowd, send_to=make_segment(crowd, "Dutch", DUTCH), not_to=make_segment(crowd, "Data", DATA))
    assert names(crowd.send()) == {"piet"}


def test_the_review_counts_the_segments_and_what_is_left(crowd: Hub) -> None:
    crowd.subscribe("kees", language="nl", themes=["climate"])
    choose(crowd, send_to=make_segment(crowd, "Dutch", DUTCH), not_to=make_segment(crowd, "Data", DATA))
    found = reach(crowd.draft(), newsletter=crowd.newsletter, compiled=crowd.compile())
    assert found.send_to
    assert found.not_to
    assert (found.send_to.people, found.not_to.people, found.readers) == (3, 2, 5)
    assert (found.recipients, found.people) == (2, 1)  # there is no story for Kees


@pytest.mark.parametrize("role", ["send_to", "not_to"])
def test_another_segment_or_other_conditions_void_the_approval(crowd: Hub, role: str) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    choose(crowd, **{role: segment})
    with pytest.raises(NotApproved):
        crowd.start()
    crowd.approve()
    change(crowd, segment, DATA)
    with pytest.raises(NotApproved):
        crowd.start()
    change(crowd, segment, DUTCH)
    save_segment(segment, name="Renamed", match="all", conditions=[DUTCH], user=crowd.users["editor"])
    crowd.start()


def test_a_scheduled_issue_is_not_sent_to_a_segment_that_was_changed_since(crowd: Hub) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    choose(crowd, send_to=segment)
    crowd.approve()
    later = crowd.now + timedelta(hours=1)
    schedule_issue(issue_of(crowd), send_at=later, user=crowd.users["approver"], now=crowd.now)
    change(crowd, segment, DATA)
    assert start_scheduled(now=later) == []
    assert Schedule.objects.get().status == Schedule.Status.REFUSED


def test_an_empty_segment_is_found_and_nothing_is_sent(crowd: Hub) -> None:
    nobody = make_segment(crowd, "Nameless", NAMELESS)
    choose(crowd, send_to=nobody)
    assert codes(crowd) == [("segment-empty", "error")]
    with pytest.raises(ChecksFailed, match="Nameless"):
        crowd.approve()
    choose(crowd, not_to=nobody)
    assert codes(crowd) == [("segment-empty", "warning")]
    choose(crowd, send_to=make_segment(crowd, "Dutch", DUTCH), not_to=make_segment(crowd, "Also Dutch", DUTCH))
    assert codes(crowd) == [("segments-leave-nobody", "error")]


def test_a_segment_that_cannot_be_read_is_found(crowd: Hub) -> None:
    segment = make_segment(crowd, "Climate", DATA)
    choose(crowd, send_to=segment)
    crowd.approve()
    Segment.objects.update(conditions=[{"kind": "horoscope", "values": {}}])
    (finding,) = check_issue(crowd.draft(), newsletter=crowd.newsletter, now=crowd.now).errors
    assert (finding.code, finding.place and finding.place.part) == ("compile", "recipients")
    crowd.approve_briefly()
    with pytest.raises(ChecksFailed):
        crowd.start()


def test_a_segment_that_is_emptied_just_before_sends_nothing(crowd: Hub, monkeypatch: Any) -> None:
    choose(crowd, send_to=make_segment(crowd, "Dutch", DUTCH))
    crowd.approve()

    def empty(*_arguments: object, **_more: object) -> None:
        Subscription.objects.filter(locale=crowd.locales["nl"]).update(status="ended")

    monkeypatch.setattr("newsletters.issues.actions.start_dispatch.require_sound", empty)
    with pytest.raises(NoAudience, match="in its segment"):
        crowd.start()
    assert not Dispatch.objects.exists()


def test_the_dispatch_keeps_what_the_segment_was(crowd: Hub, transport: FakeTransport, work: Any) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    choose(crowd, send_to=segment)
    dispatch = crowd.send()
    change(crowd, segment, DATA)
    work(dispatch, transport)
    assert issue_of(crowd).recipients == dispatch.frozen_recipients
    delete_segment(segment, user=crowd.users["editor"])
    dispatch.refresh_from_db()
    kept = dispatch.frozen_recipients.send_to
    assert kept
    assert (kept.name, kept.in_words, kept.conditions) == ("Dutch", "read it in Nederlands", (DUTCH,))


def test_who_no_longer_matches_still_gets_it_and_who_leaves_does_not(
    crowd: Hub, transport: FakeTransport, work: Any
) -> None:
    choose(crowd, send_to=make_segment(crowd, "Dutch", DUTCH))
    dispatch = crowd.send()
    nel, piet = Subscription.objects.filter(locale=crowd.locales["nl"]).order_by("pk")
    nel.locale = crowd.locales["en"]
    nel.save()
    end_subscription(piet, user=crowd.users["administrator"], now=crowd.now)
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 1, "excluded": 1}
    assert ledger_status(dispatch).adds_up
    assert [handover.recipient for handover in transport.handovers] == ["nel@example.org"]


def test_sending_once_more_goes_by_the_segment_as_it_was(crowd: Hub, transport: FakeTransport, work: Any) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    choose(crowd, send_to=segment)
    first = crowd.send()
    work(first, transport)
    change(crowd, segment, DATA)
    crowd.subscribe("kees", language="nl")
    crowd.subscribe("eve", themes=["data"])
    first.refresh_from_db()
    assert count_unreached(first).people == 1
    follower = follow_dispatch(first, user=crowd.users["approver"], now=crowd.now)
    assert names(follower) == {"kees"}
    assert follower.recipients == first.recipients


def test_a_correction_goes_to_those_for_whom_it_was_frozen(crowd: Hub) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    choose(crowd, send_to=segment)
    dispatch = crowd.send()
    steer_dispatch(dispatch, verb="pause", user=crowd.users["approver"], now=crowd.now)
    change(crowd, segment, DATA)
    crowd.edit(words={"nl": {"subject": "Verbeterd"}})
    crowd.approve()
    assert correct_dispatch(dispatch, user=crowd.users["approver"], now=crowd.now) == 2
    assert names(dispatch) == {"nel", "piet"}


def test_a_segment_that_an_unsent_issue_needs_is_not_deleted(crowd: Hub, transport: FakeTransport, work: Any) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    editor = crowd.users["editor"]
    for chosen in ({"send_to": segment}, {"not_to": segment}):
        choose(crowd, **chosen)
        with pytest.raises(SegmentInUse):
            delete_segment(segment, user=editor)
    dispatch = crowd.send()
    with pytest.raises(SegmentInUse):
        delete_segment(segment, user=editor)  # the sending may still be cancelled, and the issue sent anew
    work(dispatch, transport)
    delete_segment(segment, user=editor)


def test_an_issue_that_chose_something_else_since_needs_it_no_more(crowd: Hub) -> None:
    segment = make_segment(crowd, "Dutch", DUTCH)
    choose(crowd, send_to=segment)
    choose(crowd)
    delete_segment(segment, user=crowd.users["editor"])


@pytest.mark.parametrize(
    ("role", "which", "reached"),
    [
        ("not_to", "every", {"new"}),
        ("send_to", "every", {"ann", "bob", "nel", "piet"}),
        ("send_to", "none", {"new"}),
        ("not_to", "none", {"ann", "bob", "nel", "piet"}),
    ],
)
def test_the_latest_issues_are_those_before_the_one_that_is_sent(
    crowd: Hub, transport: FakeTransport, work: Any, role: str, which: str, reached: set[str]
) -> None:
    work(crowd.send(), transport)
    crowd.subscribe("new")
    crowd.compose_one_more("Second")
    segment = make_segment(crowd, "Last", Condition(kind="sent", values={"which": which, "issues": 1}))
    choose(crowd, **{role: segment})
    compiled = crowd.compile()
    assert reach(crowd.draft(), newsletter=crowd.newsletter, compiled=compiled).recipients == len(reached)
    dispatch = crowd.send()
    assert names(dispatch) == reached
    steer_dispatch(dispatch, verb="cancel", user=crowd.users["approver"], now=crowd.now)
    crowd.subscribe("newer")  # nothing of this issue has been sent to anybody
    with_a_story = reached & {"ann", "nel", "new"}
    newer = 1 if "new" in reached else 0
    assert count_unreached(dispatch).people == len(with_a_story) + newer
