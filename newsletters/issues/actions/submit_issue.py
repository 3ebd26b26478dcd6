"""Submit an issue for approval: start its Wagtail workflow, or resume it after changes."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import WorkflowState

from newsletters.exceptions import ApprovalRefused, NoWorkflow
from newsletters.models import IssuePage
from newsletters.publications.permissions import require_editing


@transaction.atomic
def submit_issue(issue: IssuePage, *, user: User) -> WorkflowState:
    """Return the workflow's state; Wagtail mails the approvers. Raises NoWorkflow, ApprovalRefused."""
    require_editing(user, issue)
    current = issue.current_workflow_state
    if current and current.status == WorkflowState.STATUS_NEEDS_CHANGES:
        current.resume(user)
        return current
    if current:
        raise ApprovalRefused(_("This issue has already been submitted."))
    workflow = issue.get_workflow()
    if workflow is None:
        raise NoWorkflow
    return workflow.start(issue, user)
