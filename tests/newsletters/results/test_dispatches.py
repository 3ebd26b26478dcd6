"""The pages of a dispatch: its progress, its deliveries, and what senders may do about them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import PageLogEntry
from wagtail.users.models import UserProfile

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Newsletter, Schedule
from newsletters.results.progress import family_of
from newsletters.results.standstill import why_it_stands_still
from newsletters.sending import ledger
from newsletters.sending.ledger.status import ledger_status
from newsletters.sending.transport.seam import ReplyLost
from newsletters.testing import DEFERRED, REFUSED, FakeTransport
from tests.newsletters.conftest import delivery_to, states

Status = Delivery.Status
LIVE = {"Accept": "application/json"}


@pytest.fixture
def client(hub: Any) -> Client:
    client = Client()
    client.force_login(hub.users["approver"])
    return client


def page_of(name: str, dispatch: Dispatch, *arguments: Any) -> str:
    return reverse(f"newsletters_admin:{name}", args=[dispatch.pk, *arguments])


def logged(dispatch: Dispatch) -> list[str]:
    entries = PageLogEntry.objects.filter(page_id=dispatch.issue_id, action__startswith="hub_").order_by("pk")
    return [entry.formatter.format_message(entry) for entry in entries]


def test_following_a_sending_costs_few_queries_and_from_the_cache_fewer(
    hub: Any, client: Client, dispatch: Dispatch, work: Any
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of("dispatch", dispatch), headers=LIVE).status_code == 200
        return len(queries)

    Dispatch.objects.update(created_at=timezone.now())
    assert (cost(), cost()) == (11, 7)
    Dispatch.objects.update(created_at=timezone.now() - timedelta(hours=1))  # no worker is there: why not?
    assert cost() == 7 + 2


def test_the_live_figures_are_those_of_the_page(hub: Any, client: Client, dispatch: Dispatch, work: Any) -> None:
    work(dispatch, FakeTransport(replies={"ann@example.org": [DEFERRED], "bob@example.org": [REFUSED]}))
    live = client.get(page_of("dispatch", dispatch), headers=LIVE).json()
    assert (live["status"], live["percent"]) == ("sending", 66)
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    for words in ("450 4.2.0", "550 5.1.1", "The address does not exist", "of 3 done", "?state=deferred"):
        assert words in live["html"], words
        assert words in page, words


def test_it_says_how_fast_it_goes_and_how_long_that_takes(client: Client, dispatch: Dispatch, work: Any) -> None:
    """While mails are being sent, on the real clock: a fixed clock in the past would not show this."""
    work(dispatch, FakeTransport(down_after=2))
    dispatch.deliveries.filter(status=Status.ACCEPTED).update(settled_at=timezone.now())
    Dispatch.objects.filter(pk=dispatch.pk).update(created_at=timezone.now() - timedelta(minutes=1), retry_at=None)
    live = client.get(page_of("dispatch", dispatch), headers=LIVE).json()
    assert "2 mails a minute" in live["html"]
    assert "about 1 minute left" in live["html"]


def test_it_says_what_it_waits_for_and_until_when(client: Client, dispatch: Dispatch, work: Any) -> None:
    work(dispatch, FakeTransport(down_after=0))
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert "connection refused" in page
    assert re.search(r"It continues on \w+day \d+ \w+, \d\d:\d\d\.\s", page)
    assert "mails a minute" not in page  # nothing is sent now, whatever was sent before


def test_a_sending_that_no_worker_comes_to_says_so_and_whom_they_serve(
    hub: Any, client: Client, dispatch: Dispatch, work: Any
) -> None:
    """A dispatch does not say so if it has just begun, if a worker holds a part of it, or if it has just moved."""

    def page() -> str:
        return client.get(page_of("dispatch", dispatch)).content.decode()

    Dispatch.objects.update(created_at=timezone.now())
    assert "There is no worker" not in page()
    Dispatch.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert "There is no worker to send it." in page()
    other = hub.send_one_more("Busy")
    held = {"status": Status.CLAIMED, "worker": "one", "leased_until": timezone.now() + timedelta(minutes=1)}
    other.deliveries.filter(status=Status.READY).update(**held)
    assert f"The workers are busy with “{other.issue.title}”." in page()
    before = ledger_status(dispatch)
    first = dispatch.deliveries.filter(status=Status.READY).earliest("pk")
    dispatch.deliveries.filter(pk=first.pk).update(**held)
    assert "The workers" not in page()
    assert why_it_stands_still(dispatch, before, now=timezone.now()) == ""  # what was counted a moment ago
    work(dispatch, FakeTransport(down_after=1))
    dispatch.deliveries.filter(status=Status.ACCEPTED).update(settled_at=timezone.now())
    Dispatch.objects.update(retry_at=None)
    assert "The workers" not in page()


def hold(dispatch: Dispatch, *, status: str, seen: timedelta) -> None:
    """Let a worker hold the first ready delivery; its last sign of life was this long ago."""
    Dispatch.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    until = timezone.now() - seen + timedelta(seconds=conf.LEASE_SECONDS)
    first = dispatch.deliveries.filter(status=Status.READY).earliest("pk")
    dispatch.deliveries.filter(pk=first.pk).update(status=status, worker="one", leased_until=until)


SLOW = {"en": "The mail server is slow to answer", "nl": "De mailserver antwoordt traag"}
SILENT = {"en": "has given no sign of life since", "nl": "geen teken van leven"}


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.IN_FLIGHT])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_sending_that_a_slow_server_or_a_silent_worker_holds_says_so(
    hub: Any, client: Client, dispatch: Dispatch, work: Any, language: str, status: str
) -> None:
    """A dispatch that moved within half a minute does not say so."""
    UserProfile.objects.update_or_create(user=hub.users["approver"], defaults={"preferred_language": language})
    hold(dispatch, status=status, seen=timedelta(seconds=20))
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert SLOW[language] in page
    assert SILENT[language] not in page
    dispatch.deliveries.filter(status=status).update(
        leased_until=timezone.now() + timedelta(seconds=conf.LEASE_SECONDS / 4)
    )
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert SILENT[language] in page
    assert SLOW[language] not in page
    other = dispatch.deliveries.filter(status=Status.READY).earliest("pk")
    dispatch.deliveries.filter(pk=other.pk).update(
        status=Status.ACCEPTED, settled_at=timezone.now(), attempts=1, first_tried_at=timezone.now()
    )
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert SILENT[language] not in page


def test_a_worker_that_waits_for_its_speed_is_no_slow_server(hub: Any, client: Client, dispatch: Dispatch) -> None:
    Newsletter.objects.filter(pk=dispatch.newsletter_id).update(most_per_minute=1)
    hold(dispatch, status=Status.CLAIMED, seen=timedelta(seconds=20))
    assert SLOW["en"] not in client.get(page_of("dispatch", dispatch)).content.decode()
    dispatch.deliveries.filter(status=Status.CLAIMED).update(status=Status.IN_FLIGHT)
    assert SLOW["en"] in client.get(page_of("dispatch", dispatch)).content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Its worker was last alive on"), ("nl", "van de worker kwam op")]
)
def test_of_an_uncertain_mail_its_page_says_when_its_worker_was_last_alive(
    hub: Any, client: Client, dispatch: Dispatch, language: str, words: str
) -> None:
    UserProfile.objects.update_or_create(user=hub.users["approver"], defaults={"preferred_language": language})
    hold(dispatch, status=Status.IN_FLIGHT, seen=timedelta(hours=2))
    ledger.release_expired(now=timezone.now())
    page = client.get(page_of("uncertain", dispatch)).content.decode()
    seen_at = timezone.localtime(timezone.now() - timedelta(hours=2))
    assert re.search(rf"{words} \w+ {seen_at.day} \w+ {seen_at.year}, {seen_at:%H}:\d\d:\d\d\.", page)
    dispatch.deliveries.filter(status=Status.UNCERTAIN).update(worker_seen_at=None)
    assert words not in client.get(page_of("uncertain", dispatch)).content.decode()


def test_a_newsletter_that_warms_up_says_how_far_it_is(
    hub: Any, client: Client, dispatch: Dispatch, work: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: hub.now)  # requested on the day of the dispatch
    Newsletter.objects.filter(pk=dispatch.newsletter_id).update(warm_up_first_day=2)
    work(dispatch, FakeTransport())
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert "day 1 of the warm-up: at most 2 mails today" in page
    assert "The warm-up limit for this day has been reached" in page


def test_mails_over_time_are_drawn_and_told_as_a_table(
    client: Client, dispatch: Dispatch, clock: Any, work: Any
) -> None:
    work(dispatch, FakeTransport(replies={"cem@example.org": [DEFERRED]}))
    clock.forward(minutes=10)
    work(dispatch, FakeTransport())
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert page.count("<rect ") == 11
    assert "As a table" in page
    assert "<title>" in page.split("<svg")[-1]


@pytest.mark.parametrize(
    ("reply", "family"),
    [
        ("550 5.1.1 no", "550 5.1.1"),
        ("550-5.1.10 no", "550-5.1.10"),
        ("550 no such user", "550"),
        ("hung_up: gone", "hung_up"),
        ("", ""),
    ],
)
def test_replies_come_in_families(reply: str, family: str) -> None:
    assert family_of(reply) == family


def test_each_step_stands_in_the_audit_log_once(client: Client, dispatch: Dispatch) -> None:
    before = len(logged(dispatch))
    for verb in ("pause", "pause", "resume", "cancel", "cancel", "resume"):
        client.post(page_of("steer", dispatch, verb))
    words = ["The sending was paused", "The sending was resumed", "The sending was cancelled"]
    assert logged(dispatch)[before:] == words


def test_before_cancelling_it_says_what_that_means(client: Client, dispatch: Dispatch) -> None:
    asked = client.get(page_of("ask_cancel", dispatch)).content.decode()
    assert "3 readers who have not got it yet will not get it" in asked
    assert page_of("steer", dispatch, "cancel") in asked
    client.post(page_of("steer", dispatch, "cancel"))
    assert client.get(page_of("ask_cancel", dispatch)).status_code == 302


def test_what_was_cancelled_is_not_shown_as_done(client: Client, dispatch: Dispatch) -> None:
    assert "<progress" in client.get(page_of("dispatch", dispatch)).content.decode()
    client.post(page_of("steer", dispatch, "cancel"))
    assert "<progress" not in client.get(page_of("dispatch", dispatch)).content.decode()


def test_deliveries_are_listed_by_state_and_by_address(
    hub: Any, client: Client, dispatch: Dispatch, work: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("newsletters.results.views.deliveries.PER_PAGE", 2)
    work(dispatch, FakeTransport(replies={"bob@example.org": [REFUSED]}))

    def listed(query: str) -> list[str]:
        page = client.get(f"{page_of('deliveries', dispatch)}?{query}").content.decode()
        return [name for name in ("ann", "bob", "cem") if f"{name}@example.org<" in page]

    assert listed("") == ["ann", "bob"]
    assert listed("p=2") == ["cem"]
    assert listed("state=accepted") == ["ann", "cem"]
    assert listed("state=rejected") == ["bob"]
    assert listed("q=CEM@example.org") == ["cem"]
    assert listed("q=em@") == ["cem"]
    assert listed("q=nobody&state=accepted") == []
    assert listed("state=odd.thing&p=x") == []
    hostile = client.get(f"{page_of('deliveries', dispatch)}?q=<script>&state=<script>").content.decode()
    assert "<script>&" not in hostile
    assert 'value="<script>"' not in hostile


@pytest.fixture
def lost(dispatch: Dispatch, work: Any) -> Dispatch:
    """A finished dispatch in which Ann and Bob are uncertain."""
    transport = FakeTransport(replies={f"{name}@example.org": [ReplyLost("lost")] for name in ("ann", "bob")})
    for _minute in range(3):
        work(dispatch, transport)
    assert states(dispatch) == {"uncertain": 2, "accepted": 1}
    return dispatch


def test_uncertain_ones_are_resolved_one_by_one_and_the_consequence_said_before(client: Client, lost: Dispatch) -> None:
    ann = delivery_to("ann", lost)
    page = client.get(page_of("uncertain", lost)).content.decode()
    assert "this reader gets the issue twice" in page
    assert "this reader misses the issue" in page
    assert ann.message_id.strip("<>") in page
    assert client.post(page_of("uncertain", lost), {"key": ann.pk}).status_code == 400
    client.post(page_of("uncertain", lost), {"key": ann.pk, "went_out": "yes"})
    assert states(lost) == {"uncertain": 1, "accepted": 2}
    again = client.post(page_of("uncertain", lost), {"key": ann.pk, "went_out": "no"}, follow=True)
    assert "Nothing was changed" in again.content.decode()
    assert states(lost) == {"uncertain": 1, "accepted": 2}
    assert logged(lost)[-1] == "1 uncertain mails count as sent"


def test_all_uncertain_ones_are_sent_again_at_once(client: Client, lost: Dispatch, work: Any) -> None:
    client.post(page_of("uncertain", lost), {"key": "all", "went_out": "no"})
    assert states(lost) == {"ready": 2, "accepted": 1}
    transport = FakeTransport()
    work(lost, transport)
    assert transport.recipients == ["ann@example.org", "bob@example.org"]
    assert logged(lost)[-1] == "2 uncertain mails are sent again"


def test_another_dispatchs_delivery_cannot_be_resolved_here(client: Client, hub: Any, lost: Dispatch) -> None:
    follower = Dispatch.objects.create(
        issue_id=lost.issue_id,
        newsletter=lost.newsletter,
        follows=lost,
        key="other",
        domain=lost.domain,
        created_at=hub.now,
        content_hash=lost.content_hash,
    )
    client.post(page_of("uncertain", follower), {"key": delivery_to("ann", lost).pk, "went_out": "yes"})
    assert states(lost) == {"uncertain": 2, "accepted": 1}


def test_while_a_sending_is_open_the_rest_waits(client: Client, dispatch: Dispatch) -> None:
    assert "Wait until it has ended" in client.get(page_of("rest", dispatch)).content.decode()
    client.post(page_of("rest", dispatch))
    assert Dispatch.objects.count() == 1


def test_the_pages_are_in_dutch_too(hub: Any, client: Client, lost: Dispatch) -> None:
    profile = UserProfile.get_for_user(hub.users["approver"])
    profile.preferred_language = "nl"
    profile.save()
    with translation.override("nl"):
        assert "van 3 klaar" in client.get(page_of("dispatch", lost)).content.decode()
        assert "Onzekere mails" in client.get(page_of("uncertain", lost)).content.decode()


def test_only_what_was_scheduled_is_said_to_have_been(hub: Any, client: Client, dispatch: Dispatch) -> None:
    def steps(of: Dispatch) -> list[str]:
        page = client.get(page_of("dispatch", of))
        return [str(step["label"]) for step in page.context["steps"]]

    assert steps(dispatch) == ["Draft", "In review", "Approved", "Sending", "Sent"]
    schedule = Schedule.objects.create(issue_id=dispatch.issue_id, send_at=hub.now, time_zone="UTC", created_at=hub.now)
    schedule.note_dispatch(dispatch)
    assert steps(dispatch) == ["Draft", "In review", "Approved", "Scheduled", "Sending", "Sent"]


def test_the_reason_of_a_pause_is_told_in_the_language_of_who_reads_it(
    hub: Any, client: Client, dispatch: Dispatch
) -> None:
    client.post(page_of("steer", dispatch, "pause"))
    assert "Paused by hand (approver)" in client.get(page_of("dispatch", dispatch)).content.decode()
    profile = UserProfile.get_for_user(hub.users["approver"])
    profile.preferred_language = "nl"
    profile.save()
    client.post(page_of("steer", dispatch, "resume"))
    page = client.post(page_of("steer", dispatch, "pause"), follow=True).content.decode()
    for words in ("De verzending is hervat.", "De verzending is gepauzeerd:", "Met de hand gepauzeerd (approver)"):
        assert words in page, words


def test_a_following_sending_that_is_paused_offers_no_correction(hub: Any, client: Client, dispatch: Dispatch) -> None:
    heading = "Is there a mistake in it?"
    client.post(page_of("steer", dispatch, "pause"))
    assert heading in client.get(page_of("dispatch", dispatch)).content.decode()
    client.post(page_of("steer", dispatch, "cancel"))
    client.post(page_of("rest", dispatch))
    follower = Dispatch.objects.get(follows=dispatch)
    client.post(page_of("steer", follower, "pause"))
    assert heading not in client.get(page_of("dispatch", follower)).content.decode()


@pytest.mark.parametrize("status", ["finished", "cancelled"])
def test_a_closed_sending_in_which_somebody_waits_says_that_it_does_not_add_up(
    client: Client, dispatch: Dispatch, clock: Any, status: str
) -> None:
    Dispatch.objects.update(status=status, finished_at=clock())
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert "This sending is closed, but 3 readers are still waiting in it." in page
    dispatch.deliveries.update(status="cancelled", settled_at=clock())
    page = client.get(page_of("dispatch", dispatch)).content.decode()
    assert "This sending is closed" not in page
    assert "do not add up" not in page


def test_the_review_of_an_issue_leads_to_its_sending_that_was_cancelled(
    client: Client, dispatch: Dispatch, clock: Any
) -> None:
    review = reverse("newsletters_admin:review", args=[dispatch.issue_id])
    assert client.get(review)["Location"] == page_of("dispatch", dispatch)
    ledger.cancel(dispatch, now=clock())
    page = client.get(review).content.decode()
    assert "A sending of this issue was cancelled." in page
    assert f'href="{page_of("dispatch", dispatch)}"' in page
