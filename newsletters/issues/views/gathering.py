"""The page on which editors choose the stories of a new issue, or more stories for an existing one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.images import get_image_model
from wagtail.models import Locale

from newsletters.editions.template_values import BY_THEME
from newsletters.exceptions import NewsletterError
from newsletters.issues.actions.compose_issue import compose_issue, gather_into, narrowing_of
from newsletters.issues.candidates import Candidate, Narrowing, Window, default_window, find_candidates
from newsletters.issues.forms.gather import FIRST_DAY, LAST_DAY, GatherForm
from newsletters.issues.queries import current_dispatch
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.models import IssuePage, NewsletterPage
from newsletters.publications.permissions import require_edit
from newsletters.publications.views.frame import render_page

THUMBNAIL = "fill-160x120"


@require_http_methods(["GET", "POST"])
def gather_new(request: StaffRequest, page_pk: int) -> HttpResponse:
    """Choose the stories of a new issue under this newsletter page; submitting twice makes one issue."""
    parent = get_object_or_404(NewsletterPage, pk=page_pk)
    if not parent.permissions_for_user(request.user).can_add_subpage():
        raise PermissionDenied
    now = timezone.now()
    proposed = default_window(parent.newsletter, now=now)
    if request.method != "POST":
        return _choose(request, parent=parent, issue=None, window=proposed, narrowing=Narrowing(), now=now)
    window = Window(since=_moment(request, "since"), until=_moment(request, "until") or now)
    made = IssuePage.objects.child_of(parent).filter(gather_until=window.until, owner=request.user).first()
    if made:
        return redirect("wagtailadmin_pages:edit", made.pk)
    is_empty = "empty" in request.POST
    chosen = [] if is_empty else request.POST.getlist("chosen")
    try:
        issue = compose_issue(
            parent=parent, user=request.user, now=now, window=window, chosen=chosen, may_be_empty=is_empty
        )
    except NewsletterError:
        messages.warning(request, _("No page was ticked, so nothing was gathered."))
        return redirect("newsletters_admin:gather-new", parent.pk)
    messages.success(request, draft_in_words(issue))
    return redirect("wagtailadmin_pages:edit", issue.pk)


def draft_in_words(issue: IssuePage) -> str:
    """Return a message about a new draft."""
    if not len(issue.body):
        return _("A draft without stories. Write an intro or blocks of your own, or choose pages with “Gather”.")
    words = ngettext(
        "A draft with one story. Change what you like, then choose “Review and send”.",
        "A draft with %(count)s stories. Change what you like, then choose “Review and send”.",
        len(issue.body),
    )
    return words % {"count": len(issue.body)}


@require_http_methods(["GET", "POST"])
def gather(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Choose more stories for this issue; those that it has stay as they are."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_edit(request, issue)
    if current_dispatch(issue):
        raise PermissionDenied
    now = timezone.now()
    draft = issue.get_latest_revision_as_object()
    if request.method != "POST":
        window = Window(since=draft.gather_from, until=now)
        return _choose(
            request,
            parent=issue.get_parent().specific,
            issue=draft,
            window=window,
            narrowing=narrowing_of(draft),
            now=now,
        )
    try:
        added = gather_into(draft, user=request.user, now=now, chosen=request.POST.getlist("chosen"))
    except NewsletterError:
        messages.warning(request, _("Nothing was added: tick at least one page that is not in the issue yet."))
        return redirect("newsletters_admin:gather", issue.pk)
    words = ngettext("One story added below.", "%(count)s stories added below.", len(added))
    messages.success(request, words % {"count": len(added)})
    if again := [candidate for candidate in added if _was_sent(candidate)]:
        words = ngettext(
            "Readers have had one of them before: “%(titles)s”.",
            "Readers have had %(count)s of them before: “%(titles)s”.",
            len(again),
        )
        titles = "”, “".join(candidate.in_language(get_language()).title for candidate in again)
        messages.warning(request, words % {"count": len(again), "titles": titles})
    return redirect("wagtailadmin_pages:edit", issue.pk)


def _choose(
    request: StaffRequest,
    *,
    parent: NewsletterPage,
    issue: IssuePage | None,
    window: Window,
    narrowing: Narrowing,
    now: datetime,
) -> HttpResponse:
    form = GatherForm(request.GET, window=window, narrowing=narrowing)
    asked, narrowed = form.asked()
    newsletter = parent.newsletter
    candidates = find_candidates(
        newsletter=newsletter, site=parent.get_site(), now=now, window=asked, narrowing=narrowed, issue=issue
    )
    locales = list(newsletter.locales())
    return render_page(
        request,
        "issues/gather",
        title=_("Gather"),
        subtitle=issue.title if issue else newsletter.name,
        icon="list-ul",
        form=form,
        window=asked,
        is_narrowed=narrowed != Narrowing(),
        issue=issue,
        groups=_groups(candidates, locales=locales),
        count=len(candidates),
        suggested=sum(candidate.is_suggested for candidate in candidates),
    )


def _groups(candidates: Sequence[Candidate], *, locales: Sequence[Locale]) -> list[dict[str, object]]:
    """Return the candidates grouped by section or theme, with what the template cannot work out."""
    _load_thumbnails(candidates)
    return [
        {
            "title": _section_title(group[0]),
            "colour": group[0].theme.colour if group[0].theme and group[0].section.name == BY_THEME else "",
            "candidates": [
                {
                    "candidate": candidate,
                    "wording": candidate.in_language(get_language()),
                    "kind": candidate.page._meta.verbose_name,
                    "theme": _theme_name(candidate) if candidate.theme and candidate.section.name != BY_THEME else "",
                    "missing": [locale for locale in locales if locale.language_code not in candidate.languages],
                    "was_sent": _was_sent(candidate),
                }
                for candidate in group
            ],
        }
        for group in (list(found) for _place, found in groupby(candidates, key=lambda candidate: candidate.place))
    ]


def _load_thumbnails(candidates: Sequence[Candidate]) -> None:
    images = [candidate.page.image for candidate in candidates if candidate.page.image]
    renditions = get_image_model().get_rendition_model().objects.filter(filter_spec=THUMBNAIL)
    prefetch_related_objects(images, Prefetch("renditions", queryset=renditions, to_attr="prefetched_renditions"))


def _was_sent(candidate: Candidate) -> bool:
    return any(issue.is_sent for issue in candidate.used_in)


def _section_title(candidate: Candidate) -> str:
    if candidate.section.name == BY_THEME:
        return _theme_name(candidate) if candidate.theme else _("Without a theme")
    return str(candidate.section.title)


def _theme_name(candidate: Candidate) -> str:
    return candidate.theme.name_in(get_language() or "en") if candidate.theme else ""


def _moment(request: StaffRequest, name: str) -> datetime | None:
    try:
        found = parse_datetime(request.POST.get(name, ""))
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) and FIRST_DAY < found.date() < LAST_DAY else None
