"""Send an issue as a test, as it was last saved."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail.models import Locale

from newsletters.audience.staff_actions.note_viewing import note_reader_viewed
from newsletters.editions.compile_issue import languages_left_out
from newsletters.exceptions import NewsletterError
from newsletters.issues.actions.send_test import OutcomeOfTest, send_test
from newsletters.issues.forms.mail_test import MailTestForm
from newsletters.issues.previewing import active_readers
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.models import IssuePage
from newsletters.publications.permissions import may_see_readers, may_see_subscribers, require_editor
from newsletters.publications.views.frame import render_page
from newsletters.sending.transport.seam import configured_transport
from newsletters.values.path_keys import is_key


@require_http_methods(["GET", "HEAD", "POST"])
def test(request: StaffRequest, issue_pk: int) -> HttpResponse:
    """Show the form, filled in from `?edition=` and `?reader=`, and send the test."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    require_editor(request, issue)  # in review too: it changes nothing
    latest, now = issue.get_latest_revision_as_object(), timezone.now()
    left_out = languages_left_out(latest, newsletter=issue.newsletter, now=now)
    form = test_form(request, issue, left_out=left_out)
    if request.method == "POST" and form.is_valid():
        try:
            outcomes = send_test(
                latest,
                edition=form.chosen,
                reader=form.subscriber,
                recipients=form.cleaned_data["addresses"],
                is_marked=form.cleaned_data["is_marked"],
                transport=configured_transport(),
                user=request.user,
                now=now,
            )
        except NewsletterError as error:
            messages.error(request, str(error))
        else:
            _tell(request, outcomes)
            if not any(outcome.problem for outcome in outcomes):
                return redirect("newsletters_admin:review", issue.pk)
    return render_page(
        request, "issues/test", title=_("Send a test"), subtitle=issue.title, icon="mail", issue=issue, test_form=form
    )


def test_form(request: StaffRequest, issue: IssuePage, *, left_out: Collection[Locale]) -> MailTestForm:
    """Return the form of `_test_send.html`; the user's own address is filled in.

    `left_out` are the languages in which the issue says nothing.
    """
    may_see, newsletter = may_see_subscribers(request.user), issue.newsletter
    initial = {"addresses": getattr(request.user, "email", ""), "edition": request.GET.get("edition", "")}
    reader = request.GET.get("reader", "")
    if may_see and is_key(reader) and (found := active_readers(newsletter).filter(pk=reader).first()):
        initial["reader"] = found.subscriber.email
        note_reader_viewed(found.subscriber, user=request.user, now=timezone.now())
    return MailTestForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        newsletter=newsletter,
        left_out=left_out,
        may_see_subscribers=may_see,
        is_exact=may_see_readers(request.user, newsletter),
    )


def _tell(request: StaffRequest, outcomes: list[OutcomeOfTest]) -> None:
    sent = [outcome.recipient for outcome in outcomes if not outcome.problem]
    failed = [(outcome.recipient, outcome.problem) for outcome in outcomes if outcome.problem]
    if sent:
        words = ngettext("The test is on its way to %(to)s.", "The tests are on their way to %(to)s.", len(sent))
        messages.success(request, words % {"to": ", ".join(sent)})
    if failed:
        items = format_html_join("", "<li><b>{}</b>: {}</li>", failed)
        messages.error(request, format_html("{}<ul>{}</ul>", _("Not sent:"), items))
