"""An issue's state on its way from draft to sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from wagtail.admin.utils import get_user_display_name
from wagtail.models import Page, TaskState, WorkflowState

from newsletters.conf import conf
from newsletters.editions.compile_issue import CompiledIssue, compile_issue
from newsletters.exceptions import IssueProblem
from newsletters.issues.queries import current_dispatch
from newsletters.models import Approval, Dispatch, IssueApprovalTask, IssuePage, Schedule
from newsletters.values.issue_states import IssueState


@dataclass(frozen=True, kw_only=True)
class IssueStatus:
    """The state of one issue; `compiled` is None if it cannot be compiled."""

    issue: IssuePage
    compiled: CompiledIssue | None
    dispatch: Dispatch | None
    approval: Approval | None
    schedule: Schedule | None
    workflow_state: WorkflowState | None

    @property
    def state(self) -> IssueState:
        """The state that the issue is in; while it is being sent, a correction in preparation does not count."""
        if self.dispatch:
            return self.dispatch.issue_state
        if self.schedule and self.schedule.status == Schedule.Status.WAITING:
            return IssueState.SCHEDULED
        if self.is_approved:
            return IssueState.APPROVED
        return IssueState.IN_REVIEW if self.is_in_review else IssueState.DRAFT

    @property
    def is_approved(self) -> bool:
        """Whether somebody approved exactly what would be sent now."""
        approval, compiled = self.approval, self.compiled
        return bool(compiled and approval and approval.content_hash == compiled.content_hash)

    @property
    def unasked(self) -> list[str]:
        """The languages that it now leaves out without the agreement of whoever scheduled it."""
        if not self.compiled or not self.schedule or self.schedule.status != Schedule.Status.WAITING:
            return []
        agreed = self.schedule.left_out
        return [locale.get_display_name() for locale in self.compiled.left_out if locale.language_code not in agreed]

    @property
    def is_void(self) -> bool:
        """Whether it was approved with other content than what would be sent now."""
        return bool(self.approval and not self.is_approved)

    @property
    def is_in_review(self) -> bool:
        """Whether the issue waits in a workflow."""
        return bool(self.workflow_state and self.workflow_state.status == WorkflowState.STATUS_IN_PROGRESS)

    @cached_property
    def cancelled(self) -> Dispatch | None:
        """The issue's newest sending, if all its sendings were cancelled."""
        return None if self.dispatch else self.issue.dispatches.first()

    @cached_property
    def sent_back(self) -> TaskState | None:
        """The step at which somebody requested changes, until the issue is submitted again; else None."""
        state = self.workflow_state
        return state.current_task_state if state and state.status == WorkflowState.STATUS_NEEDS_CHANGES else None

    @cached_property
    def changed_by(self) -> list[User]:
        """Who changed the issue since its last approval, or ever if it was never approved."""
        return list(get_user_model().objects.filter(pk__in=_editors(self.issue, approval=self.approval)))

    @property
    def changed_by_names(self) -> str:
        """The names of those who changed it, separated by commas."""
        return ", ".join(get_user_display_name(user) for user in self.changed_by)

    @property
    def comparison(self) -> tuple[int, int] | None:
        """The keys of the approved and of the newest revision, if the approval is void and both exist to compare."""
        was, now = (self.approval.revision_id if self.approval else None), self.issue.latest_revision_id
        return (was, now) if was and now and was != now and self.is_void else None


def issue_status(issue: IssuePage, *, compiled: CompiledIssue | None) -> IssueStatus:
    """Return the issue's state; `compiled` is what would be sent now, None if it cannot be compiled."""
    return IssueStatus(
        issue=issue,
        compiled=compiled,
        dispatch=current_dispatch(issue),
        approval=Approval.newest_of(issue),
        schedule=newest_schedule(issue),
        workflow_state=issue.current_workflow_state,
    )


def issue_statuses(issues: Iterable[IssuePage], *, now: datetime) -> dict[int, IssueStatus]:
    """Return the state of each of these issues, by primary key, in a fixed number of queries.

    Only issues that were approved and not sent are compiled, a few at most: that is how a void approval shows.
    """
    issues = list(issues)
    dispatches = Dispatch.objects.filter(issue__in=issues).exclude(status=Dispatch.Status.CANCELLED)
    dispatch_of = {dispatch.issue_id: dispatch for dispatch in dispatches.order_by("created_at", "pk")}
    approvals = Approval.objects.filter(issue__in=issues).select_related("approved_by").order_by("approved_at", "pk")
    approval_of = {approval.issue_id: approval for approval in approvals}
    schedules = Schedule.objects.filter(issue__in=issues).order_by("created_at", "pk")
    schedule_of = {schedule.issue_id: schedule for schedule in schedules}
    keys = [str(issue.pk) for issue in issues]
    page = ContentType.objects.get_for_model(Page)
    states = WorkflowState.objects.active().filter(base_content_type=page, object_id__in=keys)
    workflow_state_of = {int(state.object_id): state for state in states.select_related("current_task_state")}
    return {
        issue.pk: IssueStatus(
            issue=issue,
            compiled=_compiled(issue, now=now) if issue.pk in approval_of and issue.pk not in dispatch_of else None,
            dispatch=dispatch_of.get(issue.pk),
            approval=approval_of.get(issue.pk),
            schedule=_unless_withdrawn(schedule_of.get(issue.pk)),
            workflow_state=workflow_state_of.get(issue.pk),
        )
        for issue in issues
    }


def _compiled(issue: IssuePage, *, now: datetime) -> CompiledIssue | None:
    try:
        return compile_issue(issue.get_latest_revision_as_object(), newsletter=issue.newsletter, now=now)
    except IssueProblem:
        return None


def newest_schedule(issue: IssuePage) -> Schedule | None:
    """Return the issue's last schedule, whatever its status; None if there is none or it was withdrawn."""
    return _unless_withdrawn(issue.schedules.select_related("created_by").first())


def _unless_withdrawn(schedule: Schedule | None) -> Schedule | None:
    return None if schedule and schedule.status == Schedule.Status.WITHDRAWN else schedule


def is_own_work(issue: IssuePage, *, user: User) -> bool:
    """Say whether the user changed the issue since its last approval, so that someone else has to approve it."""
    return bool(conf.FOUR_EYES) and user.pk in _editors(issue, approval=Approval.newest_of(issue))


def _editors(issue: IssuePage, *, approval: Approval | None) -> set[int]:
    """Return the keys of those who saved the issue; a copy's revisions may also name editors of the original."""
    editors, revisions = issue.editors.all(), issue.revisions.exclude(user=None)
    if approval:
        editors = editors.filter(edited_at__gt=approval.approved_at)
        revisions = revisions.filter(created_at__gt=approval.approved_at)
    return {*editors.values_list("user", flat=True), *revisions.values_list("user", flat=True)}


def leads_to_approval(issue: IssuePage) -> bool:
    """Say whether the issue's workflow has an approval step."""
    workflow = issue.get_workflow()
    return bool(workflow and IssueApprovalTask.objects.filter(workflow_tasks__workflow=workflow, active=True).exists())


def approval_step(issue: IssuePage) -> TaskState | None:
    """Return the step at which the issue now waits for approval, None if it does not."""
    step = issue.current_workflow_task_state
    return step if step and isinstance(step.task.specific, IssueApprovalTask) else None
