"""Every action checks the right itself; the rights to approve and to send are for one newsletter or for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.actions.invite import invite
from newsletters.exceptions import NotAllowed
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.compose_issue import compose_issue, gather_into
from newsletters.issues.actions.copy_as_correction import copy_as_correction
from newsletters.issues.actions.correct_dispatch import correct_dispatch
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.issues.actions.send_back_issue import send_back_issue
from newsletters.issues.actions.set_up_workflow import set_up_workflow
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.issues.actions.submit_issue import submit_issue
from newsletters.issues.actions.take_back_issue import take_back_issue
from newsletters.issues.actions.unschedule_issue import unschedule_issue
from newsletters.issues.actions.update_stories import update_stories
from newsletters.models import IssuePage, Newsletter, Schedule, Subscription
from newsletters.results.actions.follow_dispatch import follow_dispatch
from newsletters.results.actions.resolve_uncertain import resolve_uncertain
from newsletters.sending.actions.steer_dispatch import steer_dispatch
from newsletters.values.subscriber_details import SubscriberDetails
from tests.newsletters.building import Hub

ISSUE: dict[str, Callable[..., object]] = {
    "approve": lambda hub, issue, user: approve_issue(issue, seen_hash="", user=user, now=hub.now),
    "send back": lambda hub, issue, user: send_back_issue(issue, comment="No.", user=user),
    "submit": lambda hub, issue, user: submit_issue(issue, user=user),
    "take back": lambda hub, issue, user: take_back_issue(issue, user=user),
    "schedule": lambda hub, issue, user: schedule_issue(issue, send_at=hub.now, user=user, now=hub.now),
    "unschedule": lambda hub, issue, user: unschedule_issue(issue, user=user, now=hub.now),
    "send": lambda hub, issue, user: start_dispatch(issue, user=user, now=hub.now),
    "gather": lambda hub, issue, user: gather_into(issue, user=user, now=hub.now),
    "update": lambda hub, issue, user: update_stories(issue, keys=(), user=user, now=hub.now),
    "copy": lambda hub, issue, user: copy_as_correction(issue, user=user, now=hub.now),
    "compose": lambda hub, issue, user: compose_issue(parent=hub.page, user=user, now=hub.now),
    "set up": lambda hub, issue, user: set_up_workflow(user=user),
    "invite": lambda hub, issue, user: invite(
        newsletter=hub.newsletter,
        details=SubscriberDetails(email="eve@example.org"),
        locale=hub.locales["en"],
        themes=(),
        basis=Subscription.Basis.CONSENT,
        agreed_on=None,
        ground="asked at a meeting",
        user=user,
        now=hub.now,
    ),
    "end": lambda hub, issue, user: end_subscription(hub.subscribe("zoe")[0], user=user, now=hub.now),
}
DISPATCH: dict[str, Callable[..., object]] = {
    "correct": lambda hub, dispatch, user: correct_dispatch(dispatch, user=user, now=hub.now),
    "follow": lambda hub, dispatch, user: follow_dispatch(dispatch, user=user, now=hub.now),
    "resolve": lambda hub, dispatch, user: resolve_uncertain(dispatch, key=None, went_out=True, user=user, now=hub.now),
    **{
        verb: lambda hub, dispatch, user, verb=verb: steer_dispatch(dispatch, verb=verb, user=user, now=hub.now)
        for verb in ("pause", "resume", "cancel")
    },
}


@pytest.mark.parametrize("act", ISSUE.values(), ids=ISSUE)
def test_who_may_not_is_refused_by_the_action_itself(hub: Hub, act: Callable[..., object]) -> None:
    with pytest.raises(NotAllowed):
        act(hub, hub.issue, hub.users["outsider"])


@pytest.mark.parametrize("act", DISPATCH.values(), ids=DISPATCH)
def test_so_is_who_may_not_send(hub: Hub, act: Callable[..., object]) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    for name in ("outsider", "editor"):
        with pytest.raises(NotAllowed):
            act(hub, dispatch, hub.users[name])
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"


@pytest.fixture
def member(hub: Hub, django_user_model: Any) -> Any:
    """Somebody whose group has rights for single newsletters only."""
    user = django_user_model.objects.create_user("sam", "sam@hub.test", "x")
    group = Group.objects.create(name="Letter")
    group.permissions.set(hub.users["outsider"].groups.get().permissions.all())  # the admin itself
    user.groups.add(group)
    return user


def issue_of(hub: Hub) -> IssuePage:
    return IssuePage.objects.get(pk=hub.issue.pk)


def give(newsletter: Newsletter, user: Any, *fields: str) -> Any:
    for field in fields:
        setattr(newsletter, field, user.groups.all())
    newsletter.save()
    return type(user).objects.get(pk=user.pk)  # Django caches permissions on the user object


def test_rights_for_one_newsletter_are_enough_there(hub: Hub, member: Any) -> None:
    hub.subscribe("ann")
    hub.edit(words={"en": {"subject": "Changed"}})
    seen = hub.compile().content_hash
    with pytest.raises(NotAllowed):
        approve_issue(issue_of(hub), seen_hash=seen, user=member, now=hub.now)
    member = give(hub.newsletter, member, "approving_groups")
    approve_issue(issue_of(hub), seen_hash=seen, user=member, now=timezone.now())
    with pytest.raises(NotAllowed):
        start_dispatch(issue_of(hub), user=member, now=hub.now)
    member = give(hub.newsletter, member, "sending_groups")
    assert start_dispatch(issue_of(hub), user=member, now=hub.now).created_by == member


def test_rights_for_another_newsletter_are_not(hub: Hub, member: Any) -> None:
    values = {"sender_name": "Other", "sender_email": "a@hub.test", "reply_to": "a@hub.test", "postal_address": "x"}
    other = Newsletter.objects.create(name="Other", slug="other", **values)
    member = give(other, member, "approving_groups", "sending_groups")
    hub.subscribe("ann")
    for act in (ISSUE["approve"], ISSUE["send"], ISSUE["schedule"]):
        with pytest.raises(NotAllowed):
            act(hub, hub.issue, member)
    client = Client()
    client.force_login(member)
    assert client.get(reverse("newsletters_admin:review", args=[hub.issue.pk])).status_code in {302, 403}


def test_they_open_the_pages_and_are_named_as_those_who_may(hub: Hub, member: Any) -> None:
    set_up_workflow(user=hub.users["administrator"])
    member = give(hub.newsletter, member, "approving_groups", "sending_groups")
    hub.edit(words={"en": {"subject": "Changed"}})
    mail.outbox.clear()
    submit_issue(issue_of(hub), user=hub.users["editor"])
    assert member.email in {to for message in mail.outbox for to in message.to}
    client = Client()
    client.force_login(member)
    review = client.get(reverse("newsletters_admin:review", args=[hub.issue.pk]))
    assert review.status_code == 200
    assert reverse("newsletters_admin:approve", args=[hub.issue.pk]) in review.content.decode()
    assert reverse("newsletters_admin:overview") in client.get(reverse("wagtailadmin_home")).content.decode()
    editor = Client()
    editor.force_login(hub.users["editor"])
    assert "sam" in editor.get(reverse("newsletters_admin:review", args=[hub.issue.pk])).content.decode()


def test_who_lost_the_right_since_sends_nothing_at_its_time(hub: Hub, member: Any) -> None:
    hub.subscribe("ann")
    member = give(hub.newsletter, member, "sending_groups")
    hub.approve()
    schedule_issue(issue_of(hub), send_at=hub.now + timedelta(hours=1), user=member, now=hub.now)
    hub.newsletter.sending_groups = []
    hub.newsletter.save()
    assert start_scheduled(now=hub.now + timedelta(hours=1, minutes=1)) == []
    schedule = Schedule.objects.get()
    assert schedule.status == Schedule.Status.REFUSED
    assert "not allowed" in schedule.reason


def test_only_who_gives_rights_to_groups_sees_the_tab(hub: Hub) -> None:
    address = reverse("wagtailsnippets_hub_newsletters_newsletter:edit", args=[hub.newsletter.pk])
    boss = Client()
    boss.force_login(hub.users["administrator"])
    assert "approving_groups" in boss.get(address).content.decode()
    editor = hub.users["editor"]
    editor.user_permissions.add(Permission.objects.get(codename="change_newsletter"))
    client = Client()
    client.force_login(editor)
    form = client.get(address).content.decode()
    assert "sender_name" in form
    assert "approving_groups" not in form
