"""The page that compares stories with what their pages say now, and updates them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin.compare import TextDiff, diff_text
from wagtail.images import get_image_model

from newsletters.issues.actions.update_stories import update_stories
from newsletters.issues.queries import current_dispatch
from newsletters.issues.story_updates import StoryState, story_states
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.models import IssuePage
from newsletters.publications.permissions import require_edit
from newsletters.publications.views.frame import render_page


@require_http_methods(["GET", "POST"])
def updates(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Show the stories whose pages have changed; a POST updates the story that it names, or all."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_edit(request, issue)
    if current_dispatch(issue):
        raise PermissionDenied
    draft = issue.get_latest_revision_as_object()
    states = story_states(draft, site=issue.get_site(), now=timezone.now())
    changed = [state for state in states if state.has_changed]
    if request.method == "POST":
        return _take_over(request, draft, changed=changed)
    return render_page(
        request,
        "issues/updates",
        title=_("Update from pages"),
        subtitle=draft.title,
        icon="rotate",
        issue=draft,
        stories=_rows(
            changed, names={locale.language_code: locale.get_display_name() for locale in issue.newsletter.locales()}
        ),
        hidden=[state for state in states if state.hidden],
    )


def _take_over(request: StaffRequest, draft: IssuePage, *, changed: list[StoryState]) -> HttpResponse:
    asked = {request.POST["only"]} if request.POST.get("only") else {state.key for state in changed}
    keys = [state.key for state in changed if state.key in asked]
    if not keys:
        messages.info(request, _("There is nothing to update: the stories say what their pages say."))
        return redirect("newsletters_admin:updates", draft.pk)
    count = update_stories(
        draft, keys=keys, replace_own=request.POST.getlist("replace"), user=request.user, now=timezone.now()
    )
    words = ngettext("One story is up to date.", "%(count)s stories are up to date.", count)
    messages.success(request, words % {"count": count})
    rest = len(changed) > len(keys)
    return redirect("newsletters_admin:updates" if rest else "wagtailadmin_pages:edit", draft.pk)


def _rows(changed: list[StoryState], *, names: dict[str, str]) -> list[dict[str, object]]:
    keys = {key for state in changed for change in state.pictures for key in (change.old, change.new) if key}
    images = get_image_model().objects.prefetch_renditions("max-165x165").in_bulk(keys)
    return [
        {
            "state": state,
            "words": [
                {
                    "change": change,
                    "language": names.get(change.language, change.language),
                    "old": _marked(change.old, change.new, without="addition"),
                    "new": _marked(change.old, change.new, without="deletion"),
                }
                for change in state.words
            ],
            "pictures": [
                {
                    "change": change,
                    "language": names.get(change.language, change.language),
                    "old": images.get(change.old),
                    "new": images.get(change.new),
                }
                for change in state.pictures
            ],
            "new_languages": [names.get(code, code) for code in state.new_languages],
            "has_own": any(change.own for change in state.words),
        }
        for state in changed
    ]


def _marked(old: str, new: str, *, without: str) -> str:
    """Return one side of the difference as safe HTML, with the changes marked."""
    changes = [(kind, words) for kind, words in diff_text(old, new).changes if kind != without]
    return TextDiff(changes, separator="").to_html()
