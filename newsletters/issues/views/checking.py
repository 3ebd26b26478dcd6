"""The findings of the checks, as a fragment for the editor's side panel and for the review."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from wagtail.coreutils import get_content_languages

from cms.plugins.issue_checks import Finding, Place
from newsletters.issues.checking import CheckedIssue, check_issue
from newsletters.issues.checking.places import place_name
from newsletters.issues.checking.tasks import check_links_again
from newsletters.models import IssuePage
from newsletters.publications.permissions import require_view

STORIES_ANCHOR = "panel-child-content-body-section"
ADD_LANGUAGE_ANCHOR = "id_texts-ADD"
RECIPIENTS_ANCHOR = "panel-child-content-recipients-section"


@require_GET
@never_cache
def checks(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Show the findings in the issue as it was last saved."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    latest = issue.get_latest_revision_as_object()
    checked = check_issue(latest, newsletter=issue.newsletter, now=timezone.now())
    return render(request, "newsletters/issues/_findings.html", checks_context(checked, issue=latest, request=request))


@require_POST
def check_links(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Have the links to other sites checked again; the panel shows when that is done."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    check_links_again(issue)
    return HttpResponse(status=204)


def checks_context(checked: CheckedIssue, *, issue: IssuePage, request: HttpRequest) -> dict[str, object]:
    """Return the context of the template `_checks.html`."""
    may_edit = issue.permissions_for_user(request.user).can_edit()
    edit = reverse("wagtailadmin_pages:edit", args=[issue.pk]) if may_edit else ""
    may_set_up = request.user.has_perm("hub_newsletters.change_newsletter")
    settings = reverse("wagtailsnippets_hub_newsletters_newsletter:edit", args=[issue.newsletter.pk])
    languages = get_content_languages()
    words = {text.locale.language_code: index for index, text in enumerate(issue.texts.all())}

    def row(finding: Finding) -> dict[str, object]:
        anchor = _anchor(finding, words=words)
        url = f"{edit}#{anchor}" if edit and anchor else ""
        if finding.place == Place(part="newsletter"):
            url = settings if may_set_up else ""
        return {
            "finding": finding,
            "where": place_name(finding, issue=issue),
            "url": url,
            "language": languages.get(finding.language, finding.language),
        }

    return {
        "issue": issue,
        "errors": [row(finding) for finding in checked.errors],
        "warnings": [row(finding) for finding in checked.warnings],
        "count": len(checked.findings),
        "foreign_links": sum(1 for state in checked.links.values() if state.is_awaited or state.checked_at),
        "awaited_links": checked.awaited_links,
        "links_checked_at": checked.links_checked_at,
    }


def _anchor(finding: Finding, *, words: Mapping[str, int]) -> str:
    """Return the anchor in the issue's editor of the place to fix, "" if it is not in the editor.

    `words` has the position of each language's words in the editor.
    """
    place = finding.place
    if place is None or place.part == "newsletter":
        return ""
    if place.block_id:
        return f"block-{place.block_id}-section"
    if place.part == "stories":
        return STORIES_ANCHOR
    if place.part == "recipients":
        return RECIPIENTS_ANCHOR
    if finding.language and finding.language not in words:
        return ADD_LANGUAGE_ANCHOR
    return f"id_texts-{words.get(finding.language, 0)}-{place.part}-label"
