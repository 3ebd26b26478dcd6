"""The overview of newsletters and their issues, and its button for a new issue."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from newsletters.issues.actions.compose_issue import compose_issue
from newsletters.issues.issue_state import IssueStatus, issue_statuses
from newsletters.issues.views.gathering import draft_in_words
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.models import IssuePage, NewsletterPage
from newsletters.models.rights import VERBS
from newsletters.publications.permissions import may
from newsletters.publications.views.frame import render_page


@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    """Show the newsletters with their issues and the state of each."""
    pages: dict[int, NewsletterPage] = {}
    for page in NewsletterPage.objects.select_related("newsletter").order_by("newsletter__name", "pk"):
        pages.setdefault(page.newsletter_id, page)  # issues are under the newsletter's first page
    rows = [
        {"page": page, "issues": _issue_rows(page), "may_add": _may_add(request, page)}
        for page in pages.values()
        if _may_add(request, page) or any(may(request.user, verb, page.newsletter) for verb in VERBS)
    ]
    return render_page(request, "issues/overview", title=_("Newsletter"), icon="mail", newsletters=rows)


def _may_add(request: StaffRequest, page: NewsletterPage) -> bool:
    return page.permissions_for_user(request.user).can_add_subpage()


def _issue_rows(page: NewsletterPage) -> list[dict[str, IssuePage | IssueStatus]]:
    issues = IssuePage.objects.child_of(page).order_by("-issue_date", "-pk")[:20]
    statuses = issue_statuses(issues, now=timezone.now())
    return [{"issue": issue, "status": statuses[issue.pk]} for issue in issues]


@require_POST
def compose(request: StaffRequest, page_pk: int) -> HttpResponse:
    """Gather the pages published since the last issue into a new draft, which is empty if there are none."""
    parent = get_object_or_404(NewsletterPage, pk=page_pk)
    if not _may_add(request, parent):
        raise PermissionDenied
    issue = compose_issue(parent=parent, user=request.user, now=timezone.now(), may_be_empty=True)
    if not len(issue.body):
        messages.info(
            request, _("Everything published in this period is in an issue already, or nothing was published.")
        )
    messages.success(request, draft_in_words(issue))
    return redirect("wagtailadmin_pages:edit", issue.pk)
