"""Segments for staff: list them with their readers, write one with a live count, delete one. Nobody sees an address."""

from __future__ import annotations

from collections import defaultdict
from typing import TypedDict

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from newsletters.audience.queries import audience, recent_count
from newsletters.audience.segments.actions.delete_segment import delete_segment
from newsletters.audience.segments.actions.save_segment import save_segment
from newsletters.audience.segments.form import SegmentForm
from newsletters.audience.segments.rules import segment_words
from newsletters.audience.segments.use import issues_using
from newsletters.exceptions import BrokenSegment, NewsletterError
from newsletters.models import FrozenSegment, Newsletter, Recipients, Segment
from newsletters.publications.permissions import may_see_counts, require_counts
from newsletters.publications.views.frame import render_page


class SegmentRow(TypedDict):
    """A segment in the list; `people` is None and `words` say why if it cannot be read."""

    segment: Segment
    words: str
    people: int | None


class Count(TypedDict):
    """How many readers meet the conditions of a form, of how many; None while the conditions are not filled in."""

    people: int | None
    readers: int
    words: str


@require_http_methods(["GET", "HEAD"])
def index(request: HttpRequest) -> HttpResponse:
    """List the segments of each newsletter whose counts the user may see."""
    newsletters = [each for each in Newsletter.objects.all() if may_see_counts(request.user, each)]
    if not newsletters and not may_see_counts(request.user):
        raise PermissionDenied
    by_newsletter = defaultdict(list)
    for segment in Segment.objects.select_related("newsletter"):
        by_newsletter[segment.newsletter_id].append(segment)
    groups = [(each, [_row(each, segment) for segment in by_newsletter[each.pk]]) for each in newsletters]
    return render_page(request, "audience/segments", title=_("Segments"), icon="tag", groups=groups)


def _row(newsletter: Newsletter, segment: Segment) -> SegmentRow:
    frozen = segment.freeze()
    try:
        words = segment_words(frozen.conditions, match=frozen.match, newsletter=newsletter)
        return {"segment": segment, "words": words, "people": recent_count(newsletter, frozen)}
    except BrokenSegment as error:
        return {"segment": segment, "words": str(error), "people": None}


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, newsletter_pk: int) -> HttpResponse:
    """Show an empty form; a POST changes its rows, counts, or saves it."""
    newsletter = _newsletter(request, newsletter_pk)
    return _write(request, Segment(newsletter=newsletter), title=_("Add a segment"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, segment_pk: int) -> HttpResponse:
    """Show a segment's form; a POST changes its rows, counts, or saves it."""
    return _write(request, _segment(request, segment_pk), title=_("Segment"))


@require_POST
def count(request: HttpRequest, newsletter_pk: int) -> HttpResponse:
    """Return how many readers meet the conditions that are filled in, for the script of the form."""
    newsletter = _newsletter(request, newsletter_pk)
    form = SegmentForm(request.POST, instance=Segment(newsletter=newsletter))
    return render(request, "newsletters/audience/_segment_count.html", {"count": _count(form)})


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, segment_pk: int) -> HttpResponse:
    """Ask for confirmation; a POST deletes a segment that no unsent issue needs."""
    segment = _segment(request, segment_pk)
    if request.method == "POST":
        try:
            delete_segment(segment, user=request.user)
        except NewsletterError as error:
            messages.error(request, str(error))
            return redirect("segments:edit", segment.pk)
        messages.success(request, _("The segment has been deleted."))
        return redirect("segments:index")
    return render_page(
        request,
        "audience/delete_segment",
        title=_("Delete the segment"),
        subtitle=segment.name,
        icon="bin",
        segment=segment,
        issues=list(issues_using(segment)),
    )


def _newsletter(request: HttpRequest, newsletter_pk: int) -> Newsletter:
    newsletter = get_object_or_404(Newsletter, pk=newsletter_pk)
    require_counts(request.user, newsletter)
    return newsletter


def _segment(request: HttpRequest, segment_pk: int) -> Segment:
    segment = get_object_or_404(Segment.objects.select_related("newsletter"), pk=segment_pk)
    require_counts(request.user, segment.newsletter)
    return segment


def _write(request: HttpRequest, segment: Segment, *, title: str) -> HttpResponse:
    name = segment.name
    form = SegmentForm(request.POST if request.method == "POST" else None, instance=segment)
    shown: Count | None = None
    if request.method == "POST":
        if "remove" in request.POST or "add" in request.POST:
            form = form.change_rows(
                add=request.POST.get("new_kind", "") if "add" in request.POST else "",
                remove=request.POST.get("remove", ""),
            )
        elif "count" in request.POST:
            shown = _count(form)
        elif form.is_valid():
            return _save(request, form)
    elif segment.pk:
        shown = _count_stored(segment.freeze(), newsletter=segment.newsletter)
    return render_page(
        request,
        "audience/segment",
        title=title,
        subtitle=name,
        icon="tag",
        form=form,
        segment=segment,
        newsletter=segment.newsletter,
        kinds=[(kind.kind, kind.label) for kind in form.kinds.values()],
        count=shown,
        issues=list(issues_using(segment)) if segment.pk else [],
    )


def _save(request: HttpRequest, form: SegmentForm) -> HttpResponse:
    save_segment(
        form.instance,
        name=form.cleaned_data["name"],
        match=form.cleaned_data["match"],
        conditions=form.conditions(),
        user=request.user,
    )
    messages.success(request, _("The segment “%(name)s” has been saved.") % {"name": form.instance.name})
    return redirect("segments:index")


def _count(form: SegmentForm) -> Count:
    if form.has_valid_rows:
        return _count_stored(form.as_filled_in(), newsletter=form.newsletter)
    return {"people": None, "readers": 0, "words": _("Fill in every condition to see how many readers meet them.")}


def _count_stored(segment: FrozenSegment, *, newsletter: Newsletter) -> Count:
    try:
        words = segment_words(segment.conditions, match=segment.match, newsletter=newsletter)
    except BrokenSegment as error:
        return {"people": None, "readers": 0, "words": str(error)}
    people = audience(newsletter, to=Recipients(send_to=segment)).count()
    return {"people": people, "readers": audience(newsletter).count(), "words": words}
