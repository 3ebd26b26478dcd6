"""An issue's way through its Wagtail workflow: submitted, sent back, approved by somebody else, void when changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import PageLogEntry, Task, TaskState, Workflow, WorkflowState
from wagtail.signals import page_published

from newsletters.exceptions import ApprovalRefused, NotAllowed, NotApproved, NotSubmitted, OwnWork
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.send_back_issue import send_back_issue
from newsletters.issues.actions.set_up_workflow import set_up_workflow
from newsletters.issues.actions.submit_issue import submit_issue
from newsletters.issues.issue_state import issue_status
from newsletters.models import Approval, IssuePage
from newsletters.values.issue_states import IssueState
from tests.newsletters.building import Hub


@pytest.fixture
def hub(hub: Hub, mailoutbox: Any) -> Hub:
    """A hub whose newsletter has the workflow, and an issue that nobody approved yet."""
    Approval.objects.all().delete()
    set_up_workflow(user=hub.users["administrator"])
    return hub


def issue_of(hub: Hub) -> IssuePage:
    return IssuePage.objects.get(pk=hub.issue.pk)


def submit(hub: Hub) -> None:
    submit_issue(issue_of(hub), user=hub.users["editor"])


def approve(hub: Hub, name: str = "approver", **changes: Any) -> Approval:
    seen = changes.get("seen_hash", hub.compile().content_hash)
    return approve_issue(issue_of(hub), seen_hash=seen, user=hub.users[name], now=timezone.now())


def state_of(hub: Hub) -> IssueState:
    return issue_status(issue_of(hub), compiled=hub.compile()).state


def client_of(hub: Hub, name: str) -> Client:
    client = Client()
    client.force_login(hub.users[name])
    return client


def workflow_action(hub: Hub, verb: str, **data: Any) -> Any:
    step = TaskState.objects.latest("pk")
    address = reverse("wagtailadmin_pages:workflow_action", args=[hub.issue.pk, verb, step.pk])
    return client_of(hub, "approver").post(address, data)


def test_the_approvers_are_told_by_mail_where_to_review(hub: Hub) -> None:
    submit(hub)
    assert state_of(hub) == IssueState.IN_REVIEW
    told = {address: message for message in mail.outbox for address in message.to}
    assert "approver@hub.test" in told
    assert "editor@hub.test" not in told
    review = reverse("newsletters_admin:review", args=[hub.issue.pk])
    assert review in told["approver@hub.test"].body


def test_approving_binds_the_content_and_passes_the_workflow_without_publishing(hub: Hub) -> None:
    published: list[Any] = []
    page_published.connect(lambda **kwargs: published.append(kwargs), weak=False, dispatch_uid="test")
    submit(hub)
    mail.outbox.clear()
    approval = approve(hub)
    page_published.disconnect(dispatch_uid="test")
    issue = issue_of(hub)
    assert approval.revision == issue.get_latest_revision()
    assert issue.workflow_states.get().status == WorkflowState.STATUS_APPROVED
    assert (issue.live, issue.first_published_at, published) == (False, None, [])
    assert state_of(hub) == IssueState.APPROVED
    (told,) = mail.outbox
    assert told.to == ["editor@hub.test"]
    assert issue.slug not in told.body  # it has no public address yet
    assert reverse("newsletters_admin:review", args=[issue.pk]) in told.body


def test_wagtails_own_approve_button_leads_to_the_review_and_approves_nothing(hub: Hub) -> None:
    submit(hub)
    response = workflow_action(hub, "approve", comment="looks fine")
    assert response.headers["Location"] == reverse("newsletters_admin:review", args=[hub.issue.pk])
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    page = client_of(hub, "approver").get(edit).content.decode()
    assert "and Publish" not in page
    assert 'data-workflow-action-name="approve"' not in page
    step = issue_of(hub).current_workflow_task_state
    step.task.specific.on_action(step, hub.users["approver"], "approve")  # as a forged form would
    assert (Approval.objects.count(), state_of(hub)) == (0, IssueState.IN_REVIEW)


def test_an_issue_that_is_sent_back_goes_to_its_editors_with_the_comment(hub: Hub) -> None:
    submit(hub)
    mail.outbox.clear()
    workflow_action(hub, "reject", comment="The date is wrong")
    assert state_of(hub) == IssueState.DRAFT
    (told,) = mail.outbox
    assert (told.to, "The date is wrong" in told.body) == (["editor@hub.test"], True)
    with pytest.raises(NotSubmitted):
        approve(hub)
    submit(hub)
    assert state_of(hub) == IssueState.IN_REVIEW
    send_back_issue(issue_of(hub), comment="Still wrong", user=hub.users["approver"])
    back = issue_status(issue_of(hub), compiled=None).sent_back
    assert back is not None
    assert back.comment == "Still wrong"


def test_what_nobody_submitted_is_not_approved_and_nothing_is_submitted_twice(hub: Hub) -> None:
    with pytest.raises(NotSubmitted):
        approve(hub)
    submit(hub)
    with pytest.raises(ApprovalRefused):
        submit(hub)
    assert WorkflowState.objects.count() == 1


def test_without_the_workflow_an_issue_can_be_approved_too(hub: Hub) -> None:
    hub.page.workflowpage.delete()
    approve(hub)
    assert state_of(hub) == IssueState.APPROVED


def test_setting_up_twice_makes_one_workflow(hub: Hub) -> None:
    assert set_up_workflow(user=hub.users["administrator"]) == set_up_workflow(user=hub.users["administrator"])
    assert issue_of(hub).get_workflow() == set_up_workflow(user=hub.users["administrator"])


def test_whoever_changed_it_since_the_last_approval_may_not_approve(hub: Hub, settings: Any) -> None:
    hub.draft().save_revision(user=hub.users["approver"])
    submit(hub)
    with pytest.raises(OwnWork):
        approve(hub)
    with pytest.raises(NotAllowed):
        approve(hub, "editor")
    approve(hub, "administrator")
    hub.edit(words={"en": {"subject": "Changed"}})
    submit(hub)
    approve(hub)  # what the approver changed was approved by somebody else
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"FOUR_EYES": False}
    hub.edit(words={"en": {"subject": "Again"}}).save_revision(user=hub.users["approver"])
    submit(hub)
    assert approve(hub).approved_by == hub.users["approver"]


def test_purging_old_revisions_forgets_nobody_who_changed_it(hub: Hub) -> None:
    issue_of(hub).save_revision(user=hub.users["approver"])
    hub.edit()
    submit(hub)
    call_command("purge_revisions", pages=True)
    assert not issue_of(hub).revisions.filter(user=hub.users["approver"]).exists()
    with pytest.raises(OwnWork):
        approve(hub)


def test_the_workflow_is_named_in_the_sites_language_whoever_sets_it_up(hub: Hub) -> None:
    Workflow.objects.all().delete()
    Task.objects.all().delete()
    with translation.override("nl"):
        workflow = set_up_workflow(user=hub.users["administrator"])
    assert (workflow.name, workflow.tasks[0].name) == ("Newsletter", "Approval of the issue")


def test_a_change_voids_the_approval_and_says_whose_and_where(hub: Hub) -> None:
    submit(hub)
    approved = approve(hub)
    hub.edit(words={"en": {"subject": "Changed"}}).save_revision(user=hub.users["editor"])
    now = issue_status(issue_of(hub), compiled=hub.compile())
    assert (now.state, now.is_void, now.changed_by) == (IssueState.DRAFT, True, [hub.users["editor"]])
    assert now.comparison == (approved.revision_id, issue_of(hub).latest_revision_id)
    with pytest.raises(NotApproved):
        approve(hub, seen_hash=approved.content_hash)


def test_a_change_that_changes_no_mail_voids_nothing(hub: Hub) -> None:
    submit(hub)
    approve(hub)
    hub.draft().save_revision(user=hub.users["editor"])
    assert state_of(hub) == IssueState.APPROVED


def test_an_issue_in_review_is_locked_for_its_editors(hub: Hub) -> None:
    submit(hub)
    gather = reverse("newsletters_admin:gather", args=[hub.issue.pk])
    before = issue_of(hub).latest_revision_id
    client_of(hub, "editor").post(gather)
    assert issue_of(hub).latest_revision_id == before


@pytest.mark.parametrize(("language", "words"), [("en", "Approved for sending"), ("nl", "Goedgekeurd")])
def test_each_step_stands_in_the_audit_log(hub: Hub, language: str, words: str) -> None:
    submit(hub)
    send_back_issue(issue_of(hub), comment="The date is wrong", user=hub.users["approver"])
    submit(hub)
    approve(hub)
    entries = PageLogEntry.objects.filter(page_id=hub.issue.pk)
    steps = [entry.action for entry in entries.order_by("timestamp", "pk")]
    wanted = ["workflow.start", "workflow.reject", "workflow.resume", "workflow.approve", "hub_newsletters.approve"]
    assert set(wanted) <= {step.removeprefix("wagtail.") for step in steps}
    with translation.override(language):
        assert any(words in entry.formatter.format_message(entry) for entry in entries)


@pytest.mark.django_db  # some checks ask the database what it can do
def test_a_wrong_switch_is_found_when_the_server_starts(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"FOUR_EYES": "no"}
    assert "hub_newsletters.E020" in {found.id for found in run_checks()}
