"""The pages on which issues are reviewed, sent and scheduled: what each person sees, and what stops an issue."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cms.values.local_time import in_words
from newsletters.exceptions import ChecksFailed, IssueProblem
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.set_up_workflow import set_up_workflow
from newsletters.issues.actions.submit_issue import submit_issue
from newsletters.models import Approval, Dispatch, IssuePage, Newsletter, Schedule
from tests.newsletters.building import Hub

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def client_of(hub: Hub) -> Any:
    def client(name: str) -> Client:
        made = Client()
        made.force_login(hub.users[name])
        return made

    return client


def address(hub: Hub, name: str) -> str:
    return reverse(f"newsletters_admin:{name}", args=[hub.issue.pk])


def issue_of(hub: Hub) -> IssuePage:
    return IssuePage.objects.get(pk=hub.issue.pk)


def page(client: Client, where: str) -> str:
    return client.get(where, follow=True).content.decode()


def test_sending_asks_once_more_with_audience_time_editions_subjects_and_sender(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann", "bob")
    hub.subscribe("cem", language="nl")
    hub.subscribe("dee", themes=["climate"])
    hub.edit(words={"en": {"subject": "An English subject"}, "nl": {"subject": "Een Nederlands onderwerp"}})
    hub.approve()
    asked = page(client_of("approver"), address(hub, "confirm"))
    for words in ("3 readers", "in 2 editions", "One gets nothing", "An English subject", "Een Nederlands onderwerp"):
        assert words in asked
    for words in ("letter@hub.test", "answers@hub.test", "(Europe/Amsterdam)", "Send it to 3 readers now"):
        assert words in asked
    assert "Approved by approver" in asked


def test_outside_its_times_it_says_before_when_the_mails_leave(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    assert "outside the times" not in page(client_of("approver"), address(hub, "confirm"))
    in_two_days = datetime.now(AMSTERDAM) + timedelta(days=2)  # not today either if midnight passes meanwhile
    Newsletter.objects.filter(pk=hub.newsletter.pk).update(send_on=str(in_two_days.isoweekday()))
    opens_at = in_two_days.replace(hour=0, minute=0, second=0)
    assert f"the mails will be sent from {in_words(opens_at, zone=AMSTERDAM)}" in page(
        client_of("approver"), address(hub, "confirm")
    )


def test_what_is_not_approved_is_not_asked_about(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    hub.edit(words={"en": {"subject": "Changed"}})
    response = client_of("approver").get(address(hub, "confirm"))
    assert response.headers["Location"] == address(hub, "review")


def test_a_time_that_comes_twice_is_asked_about_and_the_second_one_can_be_meant(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    hub.approve()
    client, day = client_of("approver"), clocks_next_go_back()
    form = {"day": f"{day}", "clock": "02:30"}
    asked = client.post(address(hub, "schedule"), form).content.decode()
    assert "occurs twice in Europe/Amsterdam" in asked
    assert not Schedule.objects.exists()
    second = datetime(day.year, day.month, day.day, 1, 30, tzinfo=ZoneInfo("UTC"))
    assert second.isoformat() in asked
    client.post(address(hub, "schedule"), form | {"moment": second.isoformat()})
    assert Schedule.objects.get().send_at == second


def clocks_next_go_back() -> date:
    """Return the next day on which Amsterdam's clocks go back."""
    tomorrow = timezone.now().date() + timedelta(days=1)
    days = (tomorrow + timedelta(days=number) for number in range(366))
    return next(day for day in days if (day.month, day.weekday()) == (10, 6) and day.day > 24)


@pytest.mark.parametrize("form", [{}, {"day": "2020-01-01", "clock": "09:00"}, {"day": "x", "clock": "y"}])
def test_a_wrong_time_is_said_beside_the_form(hub: Hub, client_of: Any, form: dict[str, str]) -> None:
    hub.subscribe("ann")
    hub.approve()
    answer = client_of("approver").post(address(hub, "schedule"), form)
    assert 'role="alert"' in answer.content.decode()
    assert not Schedule.objects.exists()


def test_a_scheduled_issue_is_moved_and_taken_back_on_its_pages(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    hub.approve()
    client = client_of("approver")
    day = timezone.now().astimezone(AMSTERDAM).date() + timedelta(days=30)
    for clock in ("09:00", "10:15"):
        client.post(address(hub, "schedule"), {"day": f"{day}", "clock": clock})
    assert Schedule.objects.get().send_at.astimezone(AMSTERDAM).strftime("%H:%M") == "10:15"
    assert "10:15 a.m. (Europe/Amsterdam)" in page(client, address(hub, "review"))
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    assert "it will not be sent then unless" in page(client_of("editor"), edit)
    hub.edit(words={"en": {"subject": "Changed"}})
    assert "it will not be sent then unless" in page(client, address(hub, "review"))
    overview = page(client, reverse("newsletters_admin:overview"))
    assert "Will not be sent: changed since the approval" in overview
    client.post(address(hub, "unschedule"))
    assert Schedule.objects.get().status == Schedule.Status.WITHDRAWN


def test_a_double_click_sends_once_and_complains_of_nothing(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    hub.approve()
    client = client_of("approver")
    answers = [client.post(address(hub, "send"), follow=True) for _click in range(2)]
    assert Dispatch.objects.count() == 1
    assert {answer.redirect_chain[-1][0] for answer in answers} == {
        reverse("newsletters_admin:dispatch", args=[Dispatch.objects.get().pk])
    }
    assert [message.level_tag for message in answers[1].context["messages"]] == ["info"]


def test_each_role_reads_what_comes_next_and_whose_turn_it_is(hub: Hub, client_of: Any) -> None:
    Approval.objects.all().delete()
    hub.subscribe("ann")
    editor, approver, review = client_of("editor"), client_of("approver"), address(hub, "review")
    assert "No workflow asks for approvals yet" in page(editor, review)
    client_of("administrator").post(reverse("newsletters_admin:set_up"))
    assert "Submit for approval" in page(editor, review)
    editor.post(address(hub, "submit"))
    waiting = page(editor, review)
    assert "These people may give it: approver." in waiting
    assert "I have read it" not in waiting
    assert "I have read it" in page(approver, review)
    silent = approver.post(address(hub, "send_back"), {"comment": "  "}, follow=True).content.decode()
    assert "Not sent back: say what should change." in silent
    assert "Changes were requested" not in page(editor, review)
    approver.post(address(hub, "send_back"), {"comment": "The date is wrong"})
    assert "The date is wrong" in page(editor, review)
    editor.post(address(hub, "submit"))
    approver.post(address(hub, "approve"), {"content_hash": hub.compile().content_hash})
    assert "These people may send it: approver." in page(editor, review)
    assert "Send or schedule" in page(approver, review)


def test_who_submitted_it_takes_it_back_and_tests_it_meanwhile(hub: Hub, client_of: Any) -> None:
    """Wagtail locks an issue in review, so the page offers nothing that would be refused."""
    Approval.objects.all().delete()
    set_up_workflow(user=hub.users["administrator"])
    editor, review = client_of("editor"), address(hub, "review")
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    editor.post(address(hub, "submit"))
    for shown in (page(editor, review), page(editor, reverse("newsletters_admin:overview"))):
        assert f'href="{edit}"' not in shown
        assert address(hub, "gather") not in shown
    assert address(hub, "gather") not in page(editor, edit)
    assert "Take it back to change it" in page(editor, review)
    assert editor.get(address(hub, "test")).status_code == 200
    assert "Take it back" not in page(client_of("approver"), review)  # the approver may change it in this state
    assert editor.post(address(hub, "take_back")).url == edit
    assert issue_of(hub).current_workflow_state is None
    assert f'href="{edit}"' in page(editor, review)
    assert "Submit it first" in page(editor, editor.post(address(hub, "take_back")).url)


def test_whoever_changed_it_reads_why_they_may_not_approve(hub: Hub, client_of: Any) -> None:
    set_up_workflow(user=hub.users["administrator"])
    hub.edit(words={"en": {"subject": "Changed"}}).save_revision(user=hub.users["approver"])
    submit_issue(issue_of(hub), user=hub.users["editor"])
    shown = page(client_of("approver"), address(hub, "review"))
    assert "someone else approves it: an administrator." in shown
    assert "I have read it" not in shown
    assert "The approval by approver" in shown
    assert "See what changed" in shown


def test_a_failed_check_stops_approving_scheduling_and_sending(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    hub.newsletter.postal_address = ""
    hub.newsletter.save()
    with pytest.raises(ChecksFailed):
        hub.approve()
    Approval.objects.create(
        issue=hub.issue, content_hash=hub.compile().content_hash, approved_by=hub.users["approver"], approved_at=hub.now
    )
    client = client_of("approver")
    client.post(address(hub, "send"))
    client.post(address(hub, "schedule"), {"day": "2100-01-01", "clock": "09:00"})
    assert not Dispatch.objects.exists()
    assert not Schedule.objects.exists()
    assert client.get(address(hub, "confirm")).status_code == 302


def test_what_does_not_compile_is_neither_approved_nor_sent(hub: Hub, client_of: Any) -> None:
    hub.subscribe("ann")
    seen = hub.compile().content_hash
    hub.edit(stories=[], words={"en": {"intro": ""}, "nl": {"intro": ""}})
    with pytest.raises(IssueProblem):
        approve_issue(issue_of(hub), seen_hash=seen, user=hub.users["approver"], now=timezone.now())
    client_of("approver").post(address(hub, "send"))
    assert not Dispatch.objects.exists()


def test_a_save_that_fails_leaves_what_was_approved_and_sends_nothing_else(hub: Hub, client_of: Any) -> None:
    """A change that Wagtail refuses is stored nowhere: exactly what was approved is sent."""
    hub.subscribe("ann")
    hub.approve()
    approved = hub.compile().content_hash
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    broken = {
        "title": "",
        "body-count": "0",
        "texts-TOTAL_FORMS": "0",
        "texts-INITIAL_FORMS": "0",
        "action-submit": "1",
    }
    broken |= {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0", "texts-MIN_NUM_FORMS": "1"}
    answer = client_of("editor").post(edit, broken)
    assert "could not be saved" in answer.content.decode()
    client_of("approver").post(address(hub, "send"))
    assert Dispatch.objects.get().content_hash == approved


def test_the_overview_costs_the_same_for_few_and_for_many_issues(hub: Hub, client_of: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, overview = client_of("approver"), reverse("newsletters_admin:overview")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(overview).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(4):
        issue_of(hub).copy(update_attrs={"slug": f"copy-{number}"}, keep_live=False)
    assert cost() == few
