"""Scheduled issues: sent once when their time comes; if something is wrong by then, not sent, and staff notified."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from wagtail.models import Page, PageLogEntry
from wagtail.users.models import UserProfile

from newsletters import tasks
from newsletters.exceptions import AlreadySent, NoAudience, NotApproved, ScheduleRefused
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.issues.actions.unschedule_issue import unschedule_issue
from newsletters.models import Approval, Dispatch, IssuePage, Schedule
from tests.newsletters.building import Hub

Status = Schedule.Status
IN_AN_HOUR = timedelta(hours=1)


@pytest.fixture
def hub(hub: Hub, mailoutbox: Any) -> Hub:
    hub.subscribe("ann")
    return hub


@pytest.fixture
def scheduled(hub: Hub) -> Schedule:
    return schedule(hub, IN_AN_HOUR)


def schedule(hub: Hub, wait: timedelta) -> Schedule:
    return schedule_issue(issue_of(hub), send_at=hub.now + wait, user=hub.users["approver"], now=hub.now)


def issue_of(hub: Hub) -> IssuePage:
    return IssuePage.objects.get(pk=hub.issue.pk)


def sweep(hub: Hub, wait: timedelta) -> list[Dispatch]:
    return start_scheduled(now=hub.now + wait)


def steps(hub: Hub) -> list[str]:
    entries = PageLogEntry.objects.filter(page_id=hub.issue.pk, action__startswith="hub_newsletters.")
    return [entry.action.partition(".")[2] for entry in entries.order_by("timestamp", "pk")]


def test_it_is_sent_when_its_time_comes_and_not_before(hub: Hub, scheduled: Schedule) -> None:
    assert sweep(hub, timedelta(minutes=59)) == []
    (dispatch,) = sweep(hub, IN_AN_HOUR)
    scheduled.refresh_from_db()
    assert (scheduled.status, scheduled.dispatch) == (Status.STARTED, dispatch)
    assert dispatch.created_by == hub.users["approver"]
    assert sweep(hub, IN_AN_HOUR) == []
    assert Dispatch.objects.count() == 1
    assert steps(hub)[-2:] == ["schedule", "send"]


def test_the_sweeper_starts_it_and_its_deliveries(hub: Hub, monkeypatch: Any) -> None:
    scheduled = schedule(hub, IN_AN_HOUR)
    monkeypatch.setattr("newsletters.tasks.timezone.now", lambda: hub.now + IN_AN_HOUR)
    started = tasks.sweep()
    scheduled.refresh_from_db()
    assert started == [scheduled.dispatch_id]


def test_moving_it_keeps_one_time_and_tells_both_in_the_log(hub: Hub, scheduled: Schedule) -> None:
    moved = schedule(hub, 2 * IN_AN_HOUR)
    schedule(hub, 2 * IN_AN_HOUR)  # the same again is no step
    assert moved.pk == scheduled.pk
    assert sweep(hub, IN_AN_HOUR) == []
    assert len(sweep(hub, 2 * IN_AN_HOUR)) == 1
    assert steps(hub)[-3:] == ["schedule", "reschedule", "send"]
    entry = PageLogEntry.objects.get(action="hub_newsletters.reschedule")
    with translation.override("nl"):
        words = entry.formatter.format_message(entry)
    assert words.startswith("Verzet van ")
    assert words.count("(Europe/Amsterdam)") == 2


def test_a_sweeper_that_read_the_old_time_starts_nothing(hub: Hub, scheduled: Schedule) -> None:
    schedule(hub, 2 * IN_AN_HOUR)
    assert not scheduled.end(Status.STARTED, was=[Status.WAITING], now=hub.now)


def test_what_was_taken_back_is_not_sent(hub: Hub, scheduled: Schedule) -> None:
    unschedule_issue(issue_of(hub), user=hub.users["approver"], now=hub.now)
    assert sweep(hub, IN_AN_HOUR) == []
    assert steps(hub)[-1] == "unschedule"
    with pytest.raises(ScheduleRefused):
        unschedule_issue(issue_of(hub), user=hub.users["approver"], now=hub.now)


def test_what_is_sent_by_hand_before_its_time_is_sent_once(hub: Hub, scheduled: Schedule) -> None:
    start_dispatch(issue_of(hub), user=hub.users["approver"], now=hub.now)
    scheduled.refresh_from_db()
    assert scheduled.status == Status.WITHDRAWN
    assert sweep(hub, IN_AN_HOUR) == []
    with pytest.raises(AlreadySent):
        schedule(hub, IN_AN_HOUR)


def test_a_void_approval_stops_it_and_staff_are_told_in_their_language(
    hub: Hub, scheduled: Schedule, mailoutbox: Any
) -> None:
    profile = UserProfile.get_for_user(hub.users["approver"])
    profile.preferred_language = "nl"
    profile.save()
    hub.edit(words={"en": {"subject": "Changed"}})
    assert sweep(hub, IN_AN_HOUR) == []
    scheduled.refresh_from_db()
    assert (scheduled.status, Dispatch.objects.count()) == (Status.REFUSED, 0)
    assert "gewijzigd" in scheduled.reason
    (told,) = mailoutbox
    assert told.to == ["approver@hub.test"]
    assert told.subject.startswith("Niet verzonden: ")
    assert "gewijzigd" in told.body
    assert f"/admin/newsletters/issues/{hub.issue.pk}/review/" in told.body
    assert steps(hub)[-1] == "not_sent"
    assert sweep(hub, IN_AN_HOUR) == []
    assert len(mailoutbox) == 1


def test_what_does_not_compile_by_then_is_not_sent(hub: Hub, scheduled: Schedule, mailoutbox: Any) -> None:
    hub.edit(words={"en": {"intro": ""}, "nl": {"intro": ""}})
    Page.objects.filter(pk__in=[page.pk for both in hub.articles.values() for page in both.values()]).update(live=False)
    assert sweep(hub, IN_AN_HOUR) == []
    scheduled.refresh_from_db()
    assert scheduled.status == Status.REFUSED
    assert "says nothing yet" in scheduled.reason
    assert len(mailoutbox) == 1


def test_an_unforeseen_error_leaves_it_scheduled_and_the_others_go_on(
    hub: Hub, scheduled: Schedule, monkeypatch: Any
) -> None:
    import newsletters.issues.actions.start_scheduled as module

    with monkeypatch.context() as broken:
        broken.setattr(module, "start_dispatch", lambda *args, **kwargs: 1 / 0)
        assert sweep(hub, IN_AN_HOUR) == []
    scheduled.refresh_from_db()
    assert scheduled.status == Status.WAITING
    assert len(sweep(hub, IN_AN_HOUR)) == 1


def test_a_little_late_it_is_sent_and_much_too_late_it_asks(hub: Hub, settings: Any, mailoutbox: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SCHEDULE_LATE_SECONDS": 3600}
    late = schedule(hub, IN_AN_HOUR)
    assert sweep(hub, 3 * IN_AN_HOUR) == []
    late.refresh_from_db()
    assert (late.status, len(mailoutbox)) == (Status.MISSED, 1)
    assert "Nothing was running at that time" in late.reason
    schedule(hub, IN_AN_HOUR)
    assert len(sweep(hub, 2 * IN_AN_HOUR)) == 1


def test_where_nobody_is_left_to_tell_the_administrators_are(hub: Hub, scheduled: Schedule, mailoutbox: Any) -> None:
    hub.users["approver"].is_active = False
    hub.users["approver"].save()
    hub.edit(words={"en": {"subject": "Changed"}})
    sweep(hub, IN_AN_HOUR)
    assert [message.to for message in mailoutbox] == [["administrator@hub.test"]]


def test_a_mail_server_that_is_down_does_not_keep_the_sweeper(hub: Hub, scheduled: Schedule, monkeypatch: Any) -> None:
    import newsletters.publications.staff_mail as module

    def down(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(module, "send_mail", down)
    hub.edit(words={"en": {"subject": "Changed"}})
    assert sweep(hub, IN_AN_HOUR) == []
    scheduled.refresh_from_db()
    assert scheduled.status == Status.REFUSED


def test_only_what_may_be_sent_can_be_scheduled(hub: Hub) -> None:
    with pytest.raises(ScheduleRefused):
        schedule(hub, timedelta(seconds=0))
    hub.newsletter.subscriptions.all().delete()
    with pytest.raises(NoAudience):
        schedule(hub, IN_AN_HOUR)
    Approval.objects.all().delete()
    with pytest.raises(NotApproved):
        schedule(hub, IN_AN_HOUR)
    assert not Schedule.objects.exists()


def test_why_it_was_not_sent_is_read_in_the_language_of_the_reader(
    hub: Hub, scheduled: Schedule, mailoutbox: Any
) -> None:
    Page.objects.filter(pk=hub.articles["open-data"]["nl"].pk).update(live=False)
    hub.approve_briefly()
    sweep(hub, IN_AN_HOUR)
    scheduled.refresh_from_db()
    assert scheduled.status == Status.REFUSED
    client = Client()
    client.force_login(hub.users["administrator"])
    history = reverse("wagtailadmin_pages:history", args=[hub.issue.pk])
    for language, words in (("en", "Its page is not published"), ("nl", "De pagina is niet gepubliceerd")):
        UserProfile.objects.update_or_create(user=hub.users["administrator"], defaults={"preferred_language": language})
        assert words in client.get(history).content.decode()
        with translation.override(language):
            assert words in scheduled.why
    (told,) = mailoutbox
    assert "Its page is not published" in told.body
