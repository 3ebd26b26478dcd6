"""Pages for approvers: look at every edition, approve exactly that, or send it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from newsletters.actions.approve_issue import approve_issue
from newsletters.actions.send_back_issue import send_back_issue
from newsletters.actions.set_up_workflow import set_up_workflow
from newsletters.actions.submit_issue import submit_issue
from newsletters.compile.content import load_content
from newsletters.compile.edition import compile_edition
from newsletters.compile.preview import edition_response
from newsletters.compile.schemes import in_scheme
from newsletters.exceptions import IssueProblem, NewsletterError
from newsletters.issue_checks import check_issue
from newsletters.models import IssuePage
from newsletters.reviewing.reach import reach
from newsletters.reviewing.standing import is_open_to_correction, leads_to_approval, standing
from newsletters.views.checking import checks_context
from newsletters.views.frame import render_page
from newsletters.views.history import history_of
from newsletters.views.next_step import next_step, steps_to
from newsletters.views.permissions import may, require_view
from newsletters.views.testing import test_form


@require_GET
def review(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Everything that would be sent, how it stands, and what is to be done next."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    latest = issue.get_latest_revision_as_object()
    newsletter = issue.newsletter
    checked = check_issue(latest, newsletter=newsletter, now=timezone.now())
    stands = standing(issue, compiled=checked.compiled)
    if stands.dispatch and not is_open_to_correction(stands.dispatch):
        return redirect("newsletters_admin:dispatch", stands.dispatch.pk)
    reached = reach(issue, newsletter=newsletter, compiled=checked.compiled) if checked.compiled else None
    may_edit = issue.permissions_for_user(request.user).can_edit()
    return render_page(
        request,
        "review",
        title=_("Review and send"),
        subtitle=latest.title,
        icon="mail",
        compiled=checked.compiled,
        stands=stands,
        steps=steps_to(stands.state),
        reached=reached,
        next=next_step(
            stands,
            user=request.user,
            may_edit=may_edit,
            has_errors=bool(checked.errors),
            people=reached.people if reached else 0,
        ),
        history=history_of(issue),
        may_edit=may_edit,
        test_form=test_form(request, issue),
        may_set_up=request.user.is_superuser,
        leads_to_approval=leads_to_approval(issue),
        **checks_context(checked, issue=latest, request=request),
    )


@require_GET
@xframe_options_sameorigin
def edition(request: HttpRequest, issue_pk: int, language: str, kind: str) -> HttpResponse:
    """One edition as it would be sent now: `?themes=` narrows it to these theme slugs; kind is html or text.

    With `?scheme=dark` it looks as it does to readers whose mail programs are dark.
    """
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    newsletter = issue.newsletter
    locale = get_object_or_404(newsletter.locales(), language_code=language)
    slugs = request.GET.get("themes")
    try:
        content = load_content(
            issue.get_latest_revision_as_object(), newsletter=newsletter, locale=locale, now=timezone.now()
        )
        compiled = compile_edition(content, followed=slugs.split() if slugs is not None else None)
    except IssueProblem as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=409)
    response = edition_response(compiled, kind=kind, language=language)
    if kind == "html":
        response.content = in_scheme(response.content.decode(), dark=request.GET.get("scheme") == "dark").encode()
    return response


@require_POST
def submit(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Ask for an approval."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    if not issue.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    try:
        submit_issue(issue, user=request.user)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Submitted. Those who may approve it are told by mail."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def approve(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Say yes to exactly what was shown."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    if not may(request.user, "approve"):
        raise PermissionDenied
    seen = request.POST.get("content_hash", "")
    try:
        approve_issue(issue, seen_hash=seen, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Approved. Any change from now on needs a new approval."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def send_back(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Ask the editors for changes."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    if not may(request.user, "approve"):
        raise PermissionDenied
    try:
        send_back_issue(issue, comment=request.POST.get("comment", "").strip()[:2000], user=request.user)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Sent back to the editors, with your comment."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up the workflow in which issues are approved; for administrators."""
    if not request.user.is_superuser:
        raise PermissionDenied
    workflow = set_up_workflow()
    messages.success(request, _("Issues now pass the workflow “%(name)s”.") % {"name": workflow.name})
    return redirect("newsletters_admin:overview")
