"""Approve an issue: record that a person approved exactly the content that they saw."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from newsletters.audience.queries import readers_left_out
from newsletters.editions.compile_issue import compile_issue, require_agreed
from newsletters.exceptions import NotApproved, NotSubmitted, OwnWork
from newsletters.issues.checking import require_sound
from newsletters.issues.issue_state import approval_step, is_own_work, leads_to_approval
from newsletters.models import Approval, IssuePage
from newsletters.publications.permissions import require


def approve_issue(
    issue: IssuePage, *, seen_hash: str, left_out: Collection[str] = (), user: User, now: datetime
) -> Approval:
    """Store the approval of the content whose hash the approver was shown, and let the issue pass its workflow.

    `left_out` are the codes of the languages that the approver agreed to leave out. Raises LanguagesLeftOut if the
    issue says nothing in others, NotApproved if the content has changed since, OwnWork if the approver changed the
    issue, NotSubmitted if its workflow has not reached the approval, ChecksFailed if the checks find an error,
    IssueProblem if it cannot be compiled.
    """
    require(user, "approve", issue.newsletter)
    latest = issue.get_latest_revision_as_object()
    compiled = compile_issue(latest, newsletter=issue.newsletter, now=now)
    if compiled.content_hash != seen_hash:
        raise NotApproved(_("The issue was changed while you were looking at it. Look at it again, then approve it."))
    require_agreed(compiled, left_out=left_out)
    if is_own_work(issue, user=user):
        raise OwnWork
    step = approval_step(issue)
    if step is None and leads_to_approval(issue):
        raise NotSubmitted
    require_sound(latest, compiled=compiled, now=now)
    with transaction.atomic():
        approval = Approval.objects.create(
            issue_id=issue.pk,
            content_hash=seen_hash,
            approved_by=user,
            approved_at=now,
            revision_id=issue.latest_revision_id,
        )
        data = {
            "content_hash": seen_hash,
            "left_out": readers_left_out(issue.newsletter, compiled.left_out, to=compiled.recipients),
        }
        log(instance=issue, action="hub_newsletters.approve", user=user, data=data)
        if step:
            step.approve(user=user)
    return approval
