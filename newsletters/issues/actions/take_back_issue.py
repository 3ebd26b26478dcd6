"""Take an issue back from review, to change it and submit it again."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from newsletters.exceptions import ApprovalRefused, NotSubmitted
from newsletters.issues.issue_state import approval_step
from newsletters.models import IssuePage
from newsletters.publications.permissions import require_editing


def take_back_issue(issue: IssuePage, *, user: User) -> None:
    """End the workflow, which unlocks the issue. Raises NotSubmitted, ApprovalRefused."""
    require_editing(user, issue)
    if approval_step(issue) is None:
        raise NotSubmitted
    if not issue.current_workflow_state.user_can_cancel(user):
        raise ApprovalRefused(_("Only the person who submitted it and those who may approve it can take it back."))
    issue.current_workflow_state.cancel(user=user)
