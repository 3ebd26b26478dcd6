"""Confirm, send, schedule and unschedule an issue."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cms.values.local_time import in_words
from newsletters.exceptions import AlreadySent, LanguagesLeftOut, NewsletterError
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.issues.actions.unschedule_issue import unschedule_issue
from newsletters.issues.checking import check_issue
from newsletters.issues.forms.schedule import ScheduleForm
from newsletters.issues.issue_state import issue_status
from newsletters.issues.queries import current_dispatch
from newsletters.issues.reach import reach
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.models import IssuePage
from newsletters.publications.permissions import require
from newsletters.publications.views.frame import render_page
from newsletters.sending.ledger.window import next_open
from newsletters.sending.tasks import start_workers


@require_GET
def confirm(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Ask for a confirmation of what is sent, to whom, from whom and when."""
    return _confirm(request, _issue(request, issue_pk))


def _issue(request: StaffRequest, issue_pk: int) -> IssuePage:
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require(request.user, "send", issue.newsletter)
    return issue


def _confirm(request: StaffRequest, issue: IssuePage, *, form: ScheduleForm | None = None) -> HttpResponse:
    if dispatch := current_dispatch(issue):
        return redirect("newsletters_admin:dispatch", dispatch.pk)
    now, newsletter = timezone.now(), issue.newsletter
    latest = issue.get_latest_revision_as_object()
    checked = check_issue(latest, newsletter=newsletter, now=now)
    status = issue_status(issue, compiled=checked.compiled)
    if checked.errors or checked.compiled is None or not status.is_approved:
        return redirect("newsletters_admin:review", issue.pk)
    opens_at = next_open(newsletter, now=now)
    return render_page(
        request,
        "issues/confirm",
        title=_("Send or schedule"),
        subtitle=latest.title,
        icon="mail",
        issue=latest,
        newsletter=newsletter,
        compiled=checked.compiled,
        warnings=checked.warnings,
        status=status,
        reached=reach(issue, newsletter=newsletter, compiled=checked.compiled, is_exact=True),
        may_see_readers=True,  # as whoever sends does
        form=form or ScheduleForm(zone=newsletter.zone, now=now, schedule=status.schedule),
        already=request.POST.getlist("left_out"),
        now_there=in_words(now, zone=newsletter.zone),
        opens_there=in_words(opens_at, zone=newsletter.zone) if opens_at > now else "",
    )


@require_POST
def send(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Freeze the audience and start sending; a second request does not send it twice."""
    issue = _issue(request, issue_pk)
    try:
        left_out = request.POST.getlist("left_out")
        dispatch = start_dispatch(issue, left_out=left_out, user=request.user, now=timezone.now())
    except AlreadySent as error:
        messages.info(request, str(error))  # a second click, most of the time
    except LanguagesLeftOut as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:confirm", issue.pk)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        start_workers(dispatch)
        messages.success(request, _("Sending has started. You can leave this page; it goes on without you."))
        return redirect("newsletters_admin:dispatch", dispatch.pk)
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def schedule(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Schedule the issue, or move it to another time."""
    issue, now = _issue(request, issue_pk), timezone.now()
    form = ScheduleForm(request.POST, zone=issue.newsletter.zone, now=now)
    if not form.is_valid():
        return _confirm(request, issue, form=form)
    try:
        left_out = request.POST.getlist("left_out")
        send_at = form.cleaned_data["send_at"]
        scheduled = schedule_issue(issue, send_at=send_at, left_out=left_out, user=request.user, now=now)
    except LanguagesLeftOut as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:confirm", issue.pk)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Scheduled: it will be sent on %(at)s.") % {"at": scheduled.at})
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def unschedule(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Take the issue off the schedule."""
    issue = _issue(request, issue_pk)
    try:
        unschedule_issue(issue, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is no longer scheduled."))
    return redirect("newsletters_admin:review", issue.pk)
