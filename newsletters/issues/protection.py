"""Keep staff from changing an issue that was sent, and the record of who approved what, in the Wagtail admin."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.models import Page

from newsletters.issues.queries import current_dispatch
from newsletters.models import Approval, Dispatch, IssuePage, Schedule


def keep_sent_issue(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Show the sending instead of the editor of an issue that was sent.

    While the sending is paused, the issue may be edited: as a correction for those who have not got it, which has no
    effect until it is approved.
    """
    if isinstance(page, IssuePage) and (dispatch := current_dispatch(page)):
        if dispatch.is_open_to_correction:
            if request.method == "GET":
                messages.warning(request, _("Its sending is paused: you are preparing a correction."))
            return None
        messages.info(request, _("This issue was sent, so it can no longer be changed."))
        return redirect("newsletters_admin:dispatch", dispatch.pk)
    return None


def keep_sent_issues(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse to delete an issue with a dispatch, or a page above it: the issue is the record of who got what."""
    if Dispatch.objects.filter(issue__path__startswith=page.path).exists():
        messages.error(request, _("An issue that was sent cannot be deleted: it is the record of who got what."))
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


def keep_sent_issue_in_its_newsletter(request: HttpRequest, page: Page, destination: Page) -> HttpResponse | None:
    """Say why a sent issue cannot be moved; `IssuePage.can_move_to` forbids it, in bulk actions too."""
    if isinstance(page, IssuePage) and page.is_sent and not page.can_move_to(destination):
        messages.error(request, _("An issue that was sent stays in its newsletter."))
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


def send_instead_of_publishing(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Lead to the review instead of publishing: an issue and its correction become public by being sent."""
    if isinstance(page, IssuePage) and (not page.is_sent or (page.live and page.has_unpublished_changes)):
        messages.info(request, _("Saved. An issue becomes public when it is sent."))
        return redirect("newsletters_admin:review", page.pk)
    return None


def say_what_a_change_does(request: HttpRequest, page: Page) -> None:
    """Warn whoever edits a scheduled issue that a change voids its approval."""
    if isinstance(page, IssuePage) and request.method == "GET":
        schedule = page.schedules.filter(status=Schedule.Status.WAITING).first()
        if schedule:
            words = _(
                "This issue is scheduled for %(at)s. If you change what readers get, it will not be sent then "
                "unless it is approved again first."
            )
            messages.warning(request, words % {"at": schedule.at})


def keep_approvers(request: HttpRequest, user: User) -> HttpResponse | None:
    """Refuse to delete the account of somebody who approved an issue: it is part of the record."""
    if not Approval.objects.filter(approved_by=user).exists():
        return None
    words = _("%(user)s approved an issue, and that record is kept. Make the account inactive instead of deleting it.")
    messages.error(request, words % {"user": user})
    return redirect("wagtailusers_users:edit", user.pk)


def keep_among_others(
    request: HttpRequest, action_type: str, objects: Sequence[Model], _action: BulkAction
) -> HttpResponse | None:
    """Apply the same rules to bulk actions: deleting pages and accounts, publishing issues."""
    answers = (_refuse(request, action_type, thing) for thing in objects)
    return next((answer for answer in answers if answer), None)


def _refuse(request: HttpRequest, action_type: str, thing: Model) -> HttpResponse | None:
    if action_type == "delete" and isinstance(thing, Page):
        return keep_sent_issues(request, thing)
    if action_type == "delete" and isinstance(thing, get_user_model()):
        return keep_approvers(request, thing)
    if action_type == "publish" and isinstance(thing, Page):
        return send_instead_of_publishing(request, thing.specific)
    return None
