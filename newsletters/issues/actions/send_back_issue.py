"""Send an issue back to its editors with a comment."""

from __future__ import annotations

from django.contrib.auth.models import User

from newsletters.exceptions import NotSubmitted
from newsletters.issues.issue_state import approval_step
from newsletters.models import IssuePage
from newsletters.publications.permissions import require


def send_back_issue(issue: IssuePage, *, comment: str, user: User) -> None:
    """Request changes; Wagtail mails whoever submitted it. Raises NotSubmitted if it is not in review."""
    require(user, "approve", issue.newsletter)
    step = approval_step(issue)
    if step is None:
        raise NotSubmitted
    step.reject(user=user, comment=comment)
