"""Pages for approvers: look at every edition, approve exactly that, and send it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from newsletters.actions.approve_issue import approve_issue
from newsletters.actions.compile_issue import CompiledIssue
from newsletters.actions.start_dispatch import start_dispatch
from newsletters.compile.content import load_content
from newsletters.compile.edition import compile_edition, has_stories
from newsletters.compile.preview import edition_response
from newsletters.exceptions import IssueProblem, NewsletterError
from newsletters.issue_checks import check_issue
from newsletters.models import IssuePage
from newsletters.queries import current_dispatch, newest_approval, variants
from newsletters.tasks import deliver
from newsletters.views.checking import checks_context
from newsletters.views.frame import render_page
from newsletters.views.permissions import may, require_view


@require_GET
def review(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Everything that would be sent, to whom, and whether it may be."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    if dispatch := current_dispatch(issue):
        return redirect("newsletters_admin:dispatch", dispatch.pk)
    latest = issue.get_latest_revision_as_object()
    newsletter = issue.newsletter
    checked = check_issue(latest, newsletter=newsletter, now=timezone.now())
    compiled = checked.compiled
    rows = _variant_rows(compiled, newsletter) if compiled else []
    approval = newest_approval(issue)
    is_approved = bool(compiled and approval and approval.content_hash == compiled.content_hash)
    return render_page(
        request,
        "review",
        title=_("Review and send"),
        subtitle=latest.title,
        icon="mail",
        compiled=compiled,
        rows=rows,
        people=sum(row["people"] for row in rows if row["has_stories"]),
        excluded=sum(row["people"] for row in rows if not row["has_stories"]),
        approval=approval,
        is_approved=is_approved,
        may_approve=may(request.user, "approve"),
        may_send=may(request.user, "send"),
        may_edit=issue.permissions_for_user(request.user).can_edit(),
        **checks_context(checked, issue=latest, request=request),
    )


def _variant_rows(compiled: CompiledIssue, newsletter: Any) -> list[dict[str, Any]]:
    return [
        {
            "locale": variant.locale,
            "theme_set": variant.theme_set,
            "people": variant.people,
            "has_stories": has_stories(compiled.contents[variant.locale], followed=variant.followed),
        }
        for variant in variants(newsletter)
    ]


@require_GET
@xframe_options_sameorigin
def edition(request: HttpRequest, issue_pk: int, language: str, kind: str) -> HttpResponse:
    """One edition as it would be sent now: `?themes=` narrows it to these theme slugs; kind is html or text."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    newsletter = issue.newsletter
    locale = get_object_or_404(newsletter.locales(), language_code=language)
    slugs = request.GET.get("themes")
    try:
        content = load_content(
            issue.get_latest_revision_as_object(), newsletter=newsletter, locale=locale, now=timezone.now()
        )
        compiled = compile_edition(content, followed=slugs.split() if slugs else None)
    except IssueProblem as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=409)
    return edition_response(compiled, kind=kind, language=language)


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
def send(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Freeze the audience and start sending; what was asked twice is sent once."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    if not may(request.user, "send"):
        raise PermissionDenied
    try:
        dispatch = start_dispatch(issue, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:review", issue.pk)
    deliver.enqueue(dispatch.pk)
    messages.success(request, _("Sending has started. You can leave this page; it goes on without you."))
    return redirect("newsletters_admin:dispatch", dispatch.pk)
