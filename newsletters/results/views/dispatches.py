"""Pages for staff who send: the progress of a dispatch, and how to pause, resume or cancel it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.models import Locale

from newsletters.audience.segments.rights import may_read_all
from newsletters.audience.staff_actions.note_viewing import note_list_viewed
from newsletters.models import Delivery, Dispatch, Edition
from newsletters.publications.permissions import may, may_see_readers, require, require_view
from newsletters.publications.views.frame import render_page
from newsletters.publications.views.steps import steps_to
from newsletters.results.progress import Progress, progress_of, recent_progress_of
from newsletters.results.views.figures import Figures, figures
from newsletters.sending.actions.steer_dispatch import steer_dispatch
from newsletters.sending.ledger.status import ledger_status
from newsletters.sending.tasks import start_workers
from newsletters.values.remarks import without_addresses

DONE = {
    "pause": gettext_lazy("The sending is paused: no more mails are sent until somebody resumes it."),
    "resume": gettext_lazy("The sending has been resumed."),
    "cancel": gettext_lazy("The sending is cancelled: no more mails are sent."),
}


@require_GET
def dispatch(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """Show the progress of a dispatch; as JSON, which may be a moment old, for the page that follows it."""
    current = get_dispatch_to_view(request, dispatch_pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        shown = _shown(request, current, recent_progress_of(current, now=timezone.now()))
        html = render_to_string("newsletters/results/_progress.html", dict(shown), request)
        return JsonResponse({"status": current.status, "percent": shown["progress"].percent, "html": html})
    shown = _shown(request, current, progress_of(current, now=timezone.now()))
    steps = steps_to(current.issue_state, dispatch=current)
    siblings = list(Dispatch.objects.filter(issue=current.issue_id).order_by("created_at", "pk"))
    may_edit = current.issue.permissions_for_user(request.user).can_edit()
    recipients = current.frozen_recipients
    first_is_being_sent = current.follows_id is None and current.status == Dispatch.Status.SENDING
    return render_page(
        request,
        "results/dispatch",
        title=pgettext("noun", "Sending"),
        subtitle=current.issue.title,
        icon="mail",
        **shown,
        recipients=recipients,
        hides_conditions=not may_read_all(recipients, user=request.user, newsletter=current.newsletter),
        siblings=siblings if len(siblings) > 1 else [],
        steps=[] if current.status == Dispatch.Status.CANCELLED else steps,
        may_send=may(request.user, "send", current.newsletter),
        may_follow=not any(sibling.is_open for sibling in siblings),
        may_edit=may_edit,
        may_correct=current.is_open_to_correction or (first_is_being_sent and may_edit),
        may_copy=current.issue.get_parent().permissions_for_user(request.user).can_add_subpage(),
        online=_online(current),
    )


def _shown(request: HttpRequest, current: Dispatch, progress: Progress) -> Figures:
    """Return the figures; without addresses in a server's words if the user may not see the readers."""
    shown = figures(current, progress, now=timezone.now())
    reason, standstill = without_addresses(shown["reason"]), without_addresses(shown["standstill"])
    if may_see_readers(request.user):
        if (reason, standstill) != (shown["reason"], shown["standstill"]):
            note_list_viewed("sending", user=request.user, now=timezone.now())
        return {**shown, "may_see_readers": True}
    return {**shown, "reason": reason, "standstill": standstill}


def _online(current: Dispatch) -> list[tuple[Locale, str]]:
    editions = Edition.objects.filter(dispatch__issue=current.issue_id).in_archive().select_related("locale")
    return [
        (edition.locale, reverse("newsletters:online", args=[current.issue_id, edition.locale.language_code]))
        for edition in editions.order_by("locale__language_code")
    ]


@require_POST
def steer(request: HttpRequest, dispatch_pk: int, verb: str) -> HttpResponse:
    """Pause, resume or cancel a dispatch."""
    current = get_dispatch_to_steer(request, dispatch_pk)
    if not steer_dispatch(current, verb=verb, user=request.user, now=timezone.now()):
        messages.info(request, _("Nothing was changed: the state of the sending no longer allows that."))
    else:
        messages.success(request, str(DONE[verb]))  # translated now: after the view, the admin's language is not active
        if verb == "resume":
            start_workers(current)
    return redirect("newsletters_admin:dispatch", current.pk)


@require_http_methods(["GET", "HEAD"])
def ask_cancel(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """Say what cancelling means and ask for confirmation."""
    current = get_dispatch_to_steer(request, dispatch_pk)
    if not current.is_open:
        return redirect("newsletters_admin:dispatch", current.pk)
    status = ledger_status(current)
    return render_page(
        request,
        "results/cancel",
        title=_("Cancel the sending"),
        subtitle=current.issue.title,
        icon="warning",
        dispatch=current,
        waiting=status.waiting,
        gone=sum(status.counts[state] for state in Delivery.GONE_OUT),
    )


def get_dispatch_to_view(request: HttpRequest, dispatch_pk: int) -> Dispatch:
    """Return the dispatch for somebody who may look at its issue; raise Http404 or PermissionDenied."""
    current = _get_dispatch(dispatch_pk)
    require_view(request, current.issue, newsletter=current.newsletter)
    return current


def get_dispatch_to_steer(request: HttpRequest, dispatch_pk: int) -> Dispatch:
    """Return the dispatch for somebody who may send; raise Http404 or PermissionDenied."""
    if not may(request.user, "send"):
        raise PermissionDenied  # also for an unknown key: who may send nothing must not learn which dispatches exist
    current = _get_dispatch(dispatch_pk)
    require(request.user, "send", current.newsletter)
    return current


def _get_dispatch(dispatch_pk: int) -> Dispatch:
    return get_object_or_404(Dispatch.objects.select_related("issue", "newsletter"), pk=dispatch_pk)
