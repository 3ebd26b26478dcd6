"""The review of an issue: look at every edition, then submit, approve or send it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from newsletters.audience.segments.rights import may_read_all
from newsletters.exceptions import NewsletterError
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.send_back_issue import send_back_issue
from newsletters.issues.actions.set_up_workflow import set_up_workflow
from newsletters.issues.actions.submit_issue import submit_issue
from newsletters.issues.actions.take_back_issue import take_back_issue
from newsletters.issues.checking import check_issue
from newsletters.issues.issue_state import issue_status, leads_to_approval
from newsletters.issues.reach import reach
from newsletters.issues.views.checking import checks_context
from newsletters.issues.views.history import history_of
from newsletters.issues.views.next_step import next_step
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.issues.views.testing import test_form
from newsletters.models import ALL_READERS, IssuePage
from newsletters.publications.permissions import may_see_readers, require, require_editor, require_view
from newsletters.publications.views.frame import render_page
from newsletters.publications.views.steps import steps_to


@require_GET
def review(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Show everything that would be sent, its state, and the next step."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    latest = issue.get_latest_revision_as_object()
    newsletter = issue.newsletter
    checked = check_issue(latest, newsletter=newsletter, now=timezone.now())
    status = issue_status(issue, compiled=checked.compiled)
    if status.dispatch and not status.dispatch.is_open_to_correction:
        return redirect("newsletters_admin:dispatch", status.dispatch.pk)
    may_see = may_see_readers(request.user, newsletter)
    compiled = checked.compiled
    reached = reach(issue, newsletter=newsletter, compiled=compiled, is_exact=may_see) if compiled else None
    recipients = compiled.recipients if compiled else ALL_READERS
    rights = issue.permissions_for_user(request.user)
    may_edit = rights.can_edit()
    may_change = may_edit and not rights.page_locked()
    return render_page(
        request,
        "issues/review",
        title=_("Review and send"),
        subtitle=latest.title,
        icon="mail",
        compiled=compiled,
        status=status,
        steps=steps_to(status.state, dispatch=status.dispatch),
        reached=reached,
        may_see_readers=may_see,
        hides_conditions=not may_read_all(recipients, user=request.user, newsletter=newsletter),
        next=next_step(
            status,
            user=request.user,
            may_edit=may_change,
            has_errors=bool(checked.errors),
            people=reached.people if reached else 0,
        ),
        history=history_of(issue),
        may_edit=may_edit,
        may_change=may_change,
        test_form=test_form(request, issue, left_out=compiled.left_out) if compiled else None,
        may_set_up=request.user.is_superuser,
        leads_to_approval=leads_to_approval(issue),
        **checks_context(checked, issue=latest, request=request),
    )


@require_POST
def submit(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Ask for an approval."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_editor(request, issue)
    try:
        submit_issue(issue, user=request.user)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Submitted. Those who may approve it get a mail."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def take_back(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Unlock a submitted issue, and lead to its editor."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_editor(request, issue)
    try:
        take_back_issue(issue, user=request.user)
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:review", issue.pk)
    messages.success(request, _("Taken back. Change it, then submit it again."))
    return redirect("wagtailadmin_pages:edit", issue.pk)


@require_POST
def approve(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Approve exactly the content that was shown."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require(request.user, "approve", issue.newsletter)
    seen = request.POST.get("content_hash", "")
    try:
        left_out = request.POST.getlist("left_out")
        approve_issue(issue, seen_hash=seen, left_out=left_out, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Approved. Any change from now on needs a new approval."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def send_back(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Ask the editors for changes."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require(request.user, "approve", issue.newsletter)
    comment = request.POST.get("comment", "").replace("\x00", "").strip()[:2000]
    if not comment:
        messages.error(request, _("Not sent back: say what should change."))
        return redirect("newsletters_admin:review", issue.pk)
    try:
        send_back_issue(issue, comment=comment, user=request.user)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Sent back to the editors, with your comment."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def set_up(request: StaffRequest) -> HttpResponse:
    """Set up the workflow in which issues are approved; for administrators."""
    if not request.user.is_superuser:
        raise PermissionDenied
    workflow = set_up_workflow(user=request.user)
    messages.success(request, _("Issues now go through the workflow “%(name)s”.") % {"name": workflow.name})
    return redirect("newsletters_admin:overview")
