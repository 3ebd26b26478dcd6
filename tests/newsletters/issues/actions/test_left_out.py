"""Languages that an issue leaves out: who agreed, what happens to their readers, and how to reach them later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from wagtail.models import Locale

from newsletters.exceptions import LanguagesLeftOut, NoAudience
from newsletters.issues.actions.correct_dispatch import correct_dispatch
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.issues.checking import check_issue
from newsletters.issues.reach import reach
from newsletters.models import Delivery, Dispatch, IssuePage, NewsletterText, Schedule
from newsletters.results.actions.follow_dispatch import follow_dispatch
from newsletters.results.unreached import count_unreached, in_other_languages
from newsletters.sending.actions.steer_dispatch import steer_dispatch
from newsletters.sending.ledger.status import ledger_status
from newsletters.testing import FakeTransport
from tests.newsletters.building import INTROS
from tests.newsletters.conftest import delivery_to

Reason = Delivery.Reason


@pytest.fixture
def english(hub: Any) -> Any:
    """The hub with an issue in English only, two readers in English and three in Dutch."""
    hub.subscribe("ann", "bob")
    hub.subscribe("nel", "piet", language="nl")
    hub.subscribe("cor", language="nl", themes=["climate"])
    hub.write_in("en")
    return hub


def issue_of(hub: Any) -> IssuePage:
    return IssuePage.objects.get(pk=hub.issue.pk)


def outcomes(dispatch: Dispatch) -> dict[str, str]:
    rows = dispatch.deliveries.values_list("subscription__subscriber__email", "status", "reason")
    return {email.partition("@")[0]: f"{status} {reason}".strip() for email, status, reason in rows}


def schedule(hub: Any, *, left_out: list[str]) -> Schedule:
    later = hub.now + timedelta(hours=1)
    user = hub.users["approver"]
    return schedule_issue(issue_of(hub), send_at=later, left_out=left_out, user=user, now=hub.now)


def test_nothing_is_approved_sent_or_scheduled_before_somebody_agreed(english: Any) -> None:
    with pytest.raises(LanguagesLeftOut, match="Nederlands"):
        english.approve()
    english.approve(left_out=["nl"])
    for do in (english.start, lambda: schedule(english, left_out=["en"])):
        with pytest.raises(LanguagesLeftOut, match="Nederlands"):
            do()
    assert not Dispatch.objects.exists()
    assert not Schedule.objects.exists()


def test_their_readers_are_excluded_for_that_reason_and_the_report_adds_up(english: Any) -> None:
    english.subscribe("eve", themes=["climate"])
    dispatch = english.send(left_out=["nl"])
    no_language = f"excluded {Reason.NO_LANGUAGE}"
    assert outcomes(dispatch) == {
        "ann": "ready",
        "bob": "ready",
        "eve": f"excluded {Reason.NO_STORIES}",
        **dict.fromkeys(("nel", "piet", "cor"), no_language),
    }
    status = ledger_status(dispatch)
    assert status.adds_up
    assert status.excluded == {Reason.NO_LANGUAGE: 3, Reason.NO_STORIES: 1}


def test_who_would_be_left_out_is_counted_before(english: Any) -> None:
    reached = reach(issue_of(english), newsletter=english.newsletter, compiled=english.compile())
    assert [(each.locale.language_code, each.people) for each in reached.left_out] == [("nl", 3)]
    assert (reached.people, reached.without_stories) == (2, 0)
    assert {row.choice.locale.language_code for row in reached.rows if not row.is_sent} == {"nl"}
    findings = check_issue(english.draft(), newsletter=english.newsletter, now=english.now).findings
    (found,) = [one for one in findings if one.code == "language-left-out"]
    assert (found.language, found.level, "3 readers get no mail" in found.message) == ("nl", "warning", True)


def test_an_issue_that_leaves_out_all_its_readers_is_not_sent(english: Any) -> None:
    english.newsletter.subscriptions.filter(locale=english.locales["en"]).delete()
    english.approve(left_out=["nl"])
    with pytest.raises(NoAudience):
        english.start(left_out=["nl"])
    with pytest.raises(NoAudience):
        schedule(english, left_out=["nl"])


def test_the_clock_sends_what_was_agreed_also_if_more_people_read_that_language_by_then(english: Any) -> None:
    english.approve(left_out=["nl"])
    scheduled = schedule(english, left_out=["nl"])
    assert scheduled.left_out == {"nl": 3}
    english.subscribe("jan", language="nl")
    (dispatch,) = start_scheduled(now=scheduled.send_at)
    assert ledger_status(dispatch).excluded == {Reason.NO_LANGUAGE: 4}


def test_the_clock_does_not_send_an_issue_that_leaves_out_more_than_was_agreed(hub: Any) -> None:
    hub.subscribe("ann")
    hub.subscribe("nel", language="nl")
    scheduled = schedule(hub, left_out=[])
    hub.write_in("en")
    hub.approve(left_out=["nl"])
    assert start_scheduled(now=scheduled.send_at) == []
    scheduled.refresh_from_db()
    assert scheduled.status == Schedule.Status.REFUSED
    assert "Nederlands" in scheduled.reason


def test_choosing_the_same_time_again_agrees_to_what_is_left_out_by_now(hub: Any) -> None:
    hub.subscribe("ann")
    scheduled = schedule(hub, left_out=[])
    hub.write_in("en")
    hub.approve(left_out=["nl"])
    assert schedule(hub, left_out=["nl"]).pk == scheduled.pk
    assert len(start_scheduled(now=scheduled.send_at)) == 1


def test_a_language_that_the_newsletter_gets_voids_the_approval(english: Any) -> None:
    english.approve(left_out=["nl"])
    scheduled = schedule(english, left_out=["nl"])
    arabic = Locale.objects.get_or_create(language_code="ar")[0]
    NewsletterText.objects.create(newsletter=english.newsletter, locale=arabic, title="ar", consent_wording="ar")
    assert start_scheduled(now=scheduled.send_at) == []


def test_the_archive_feeds_and_the_api_have_the_languages_that_were_sent(english: Any, client: Any) -> None:
    english.send(left_out=["nl"])
    issue = client.get(f"/api/v1/newsletters/letter/issues/{english.issue.slug}").json()
    assert issue["languages"] == ["en"]
    assert [edition["language"] for edition in issue["editions"]] == ["en"]
    assert client.get(f"/n/online/{english.issue.pk}/nl/").status_code == 404
    assert issue["title"]
    listed = client.get("/api/v1/newsletters/letter/issues?locale=nl").json()
    assert [one["languages"] for one in listed["items"]] == [["en"]]


def test_who_reads_another_language_is_not_among_the_rest(english: Any) -> None:
    dispatch = english.send(left_out=["nl"])
    steer_dispatch(dispatch, verb="cancel", user=english.users["approver"], now=english.now)
    assert (count_unreached(dispatch).people, in_other_languages(dispatch)) == (2, 3)
    english.newsletter.subscriptions.filter(subscriber__email="nel@example.org").update(locale=english.locales["en"])
    follower = follow_dispatch(dispatch, user=english.users["approver"], now=english.now)
    assert outcomes(follower) == dict.fromkeys(("ann", "bob", "nel"), "ready")


def pause(dispatch: Dispatch, hub: Any) -> None:
    steer_dispatch(dispatch, verb="pause", user=hub.users["approver"], now=hub.now)


def test_a_correction_may_bring_a_language_that_was_left_out(english: Any) -> None:
    words = english.issue.texts.get(locale=english.locales["nl"])
    dispatch = english.send(left_out=["nl"])
    pause(dispatch, english)
    issue = english.draft()
    words.pk, words.intro = None, INTROS["nl"]
    issue.texts = [*issue.texts.all(), words]
    issue.save_revision()
    english.approve()
    assert correct_dispatch(dispatch, user=english.users["approver"], now=english.now) == 4
    assert delivery_to("nel", dispatch).status == "ready"
    assert delivery_to("cor", dispatch).reason == Reason.NO_STORIES


def test_a_correction_that_leaves_out_a_language_asks_and_excludes_who_waits_for_it(hub: Any) -> None:
    hub.subscribe("ann")
    hub.subscribe("nel", language="nl")
    dispatch = hub.send()
    pause(dispatch, hub)
    hub.write_in("en")
    hub.approve(left_out=["nl"])
    with pytest.raises(LanguagesLeftOut):
        correct_dispatch(dispatch, user=hub.users["approver"], now=hub.now)
    assert correct_dispatch(dispatch, left_out=["nl"], user=hub.users["approver"], now=hub.now) == 1
    assert outcomes(dispatch) == {"ann": "ready", "nel": f"excluded {Reason.NO_LANGUAGE}"}


@pytest.fixture
def dutch_dropped(hub: Any, work: Any, settings: Any) -> Dispatch:
    """A dispatch whose correction left out Dutch after the first of three readers had got the issue in Dutch."""
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BATCH_SIZE": 1, "CLAIM_SIZE": 1}
    hub.subscribe("nel", "piet", language="nl")
    hub.subscribe("ann", themes=["power"])
    dispatch = hub.send()
    work(dispatch, FakeTransport())
    pause(dispatch, hub)
    drop_dutch(hub)
    correct_dispatch(dispatch, left_out=["nl"], user=hub.users["approver"], now=hub.now)
    return dispatch


def drop_dutch(hub: Any) -> None:
    hub.write_in("en")
    hub.edit(words={"en": {"title": "Corrected"}})
    hub.approve(left_out=["nl"])


def online(hub: Any, client: Any, language: str) -> str:
    response = client.get(f"/n/i/{hub.issue.pk}/{language}")
    return str(response.content.decode()) if response.status_code == 200 else ""


def test_who_has_it_in_a_language_that_a_correction_left_out_goes_on_to_read_it(
    hub: Any, dutch_dropped: Dispatch, client: Any
) -> None:
    (nel,) = dutch_dropped.deliveries.filter(status="accepted")
    assert nel.edition
    assert f"/n/i/{hub.issue.pk}/nl" in nel.edition.html
    page = online(hub, client, "nl")
    assert INTROS["nl"] in page.replace(' dir="auto"', "").replace(' style="margin:0 0 16px"', "")
    assert "Dit nummer is verbeterd" in page
    assert f'<a href="http://hub.test/n/i/{hub.issue.pk}/en" hreflang="en" lang="en">English</a>' in page
    assert "Corrected" in online(hub, client, "en")
    assert "was corrected" not in online(hub, client, "en")
    issue = client.get(f"/api/v1/newsletters/letter/issues/{hub.issue.slug}").json()
    assert issue["languages"] == ["en"]


def test_what_nobody_has_in_a_language_that_a_correction_left_out_is_not_shown(
    hub: Any, dutch_dropped: Dispatch, client: Any
) -> None:
    dutch_dropped.deliveries.filter(status="accepted").update(status="rejected")
    assert online(hub, client, "en")
    assert not online(hub, client, "nl")


def test_what_was_sent_in_a_language_before_its_sending_was_cancelled_is_shown_again_with_the_issue(
    hub: Any, work: Any, client: Any
) -> None:
    hub.subscribe("nel", language="nl")
    first = hub.send()
    work(first, FakeTransport())
    hub.subscribe("ann")
    first.status = Dispatch.Status.CANCELLED
    first.save()
    assert not online(hub, client, "nl")
    drop_dutch(hub)
    hub.start(left_out=["nl"])
    assert online(hub, client, "en")
    assert "Dit nummer is verbeterd" in online(hub, client, "nl")


def test_an_issue_of_words_is_sent_to_everyone(hub: Any) -> None:
    hub.subscribe("ann", themes=["climate"])
    hub.subscribe("nel", language="nl")
    hub.edit(stories=[])
    hub.approve()
    assert outcomes(hub.start()) == {"ann": "ready", "nel": "ready"}
