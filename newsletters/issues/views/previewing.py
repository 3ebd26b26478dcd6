"""The preview of an edition as it was last saved, for those who write, approve or send the issue."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from newsletters.issues.previewing import show_preview
from newsletters.models import IssuePage
from newsletters.publications.permissions import require_view


@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Show an edition (`?edition=`) with the preview panel's toolbar."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_view(request, issue)
    return show_preview(request, issue.get_latest_revision_as_object(), edition_key=request.GET.get("edition", ""))
