"""Correct a paused sending, or an issue that was sent by a new issue."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from newsletters.exceptions import LanguagesLeftOut, NewsletterError
from newsletters.issues.actions.copy_as_correction import copy_as_correction
from newsletters.issues.actions.correct_dispatch import correct_dispatch
from newsletters.issues.views.staff_request import StaffRequest
from newsletters.models import Dispatch
from newsletters.publications.permissions import require


@require_POST
def correct(request: StaffRequest, dispatch_pk: int) -> HttpResponse:
    """Give the content that was approved since to those who have not got the issue yet."""
    current = get_object_or_404(Dispatch, pk=dispatch_pk)
    require(request.user, "send", current.newsletter)
    try:
        left_out = request.POST.getlist("left_out")
        people = correct_dispatch(current, left_out=left_out, user=request.user, now=timezone.now())
    except LanguagesLeftOut as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:review", current.issue_id)
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        words = ngettext(
            "Corrected: %(people)s reader gets it as it is now. Resume the sending when you are ready.",
            "Corrected: %(people)s readers get it as it is now. Resume the sending when you are ready.",
            people,
        )
        messages.success(request, words % {"people": people})
    return redirect("newsletters_admin:dispatch", current.pk)


@require_POST
def copy(request: StaffRequest, dispatch_pk: int) -> HttpResponse:
    """Make a new issue that corrects this one, for everybody."""
    issue = get_object_or_404(Dispatch.objects.select_related("issue"), pk=dispatch_pk).issue
    if not issue.get_parent().permissions_for_user(request.user).can_add_subpage():
        raise PermissionDenied
    made = copy_as_correction(issue, user=request.user, now=timezone.now())
    messages.success(
        request, _("This draft corrects the issue. Say in it what was wrong, and take out what was right.")
    )
    return redirect("wagtailadmin_pages:edit", made.pk)
