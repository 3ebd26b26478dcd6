"""The same for many readers: confirm how many and what happens, then follow how far it got."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from newsletters.audience.reader_forms import BulkForm, ReaderFilterForm
from newsletters.audience.readers.conditions import Conditions, matching
from newsletters.audience.readers.pages import PER_PAGE
from newsletters.audience.staff_actions.start_bulk_change import RIGHTS, start_bulk_change
from newsletters.audience.staff_actions.undo_bulk_change import undo_bulk_change, undoable
from newsletters.audience.staff_actions.work_off_bulk_change import work_off_bulk_change
from newsletters.audience.tasks import go_on_with
from newsletters.conf import conf
from newsletters.exceptions import ReadersChanged
from newsletters.models import BulkChange
from newsletters.publications.permissions import may_see_subscribers
from newsletters.publications.views.frame import render_page
from newsletters.values.path_keys import is_key


def acts_of(user: User | AnonymousUser) -> list[BulkChange.Act]:
    """Return what this user may do for many readers at once."""
    if not may_see_subscribers(user):
        return []
    return [act for act, right in RIGHTS.items() if user.has_perm(f"hub_newsletters.{right}")]


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """Ask for confirmation; a POST starts it. The address says what (`do`) and for whom: `pk`, or `all` and filters."""
    acts = acts_of(request.user)
    if not acts:
        raise PermissionDenied
    act = next((act for act in acts if act == request.GET.get("do")), None)
    if act is None:
        raise Http404
    conditions, now = _conditions(request), timezone.now()
    people = matching(conditions, now=now).count() if conditions else 0
    if conditions is None or not people:
        messages.warning(request, _("No reader was chosen; nothing was changed."))
        return redirect("subscriptions:index")
    form = BulkForm(request.POST or None, act=act, people=people)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data.get("note", "")
        try:
            change = start_bulk_change(act, conditions=conditions, people=people, note=note, user=request.user, now=now)
        except ReadersChanged as error:
            messages.warning(request, str(error))
            return redirect(request.get_full_path())
        return _work(change)
    return render_page(
        request,
        "audience/bulk",
        title=str(act.label),
        icon="group",
        act=act,
        people=people,
        form=form,
        is_one_newsletter=conditions.newsletter is not None,
        back=_back(request),
        days=conf.UNDO_BULK_DAYS,
    )


def _work(change: BulkChange) -> HttpResponse:
    """Do it right away for as many as a page shows, else in the background, and lead to the page that follows it."""
    if change.people > PER_PAGE or not work_off_bulk_change(change.pk, now=timezone.now()):
        go_on_with(change.pk)
    return redirect("newsletters_admin:bulk_change", change.pk)


def _conditions(request: HttpRequest) -> Conditions | None:
    """Return who is meant: all whom the filters find, or those who were picked; None if nobody was picked."""
    if request.GET.get("all"):
        filters = ReaderFilterForm(request.GET)
        return filters.conditions() if filters.is_valid() else None
    keys = tuple(int(key) for key in request.GET.getlist("pk")[:PER_PAGE] if is_key(key))
    return Conditions(keys=keys) if keys else None


def _back(request: HttpRequest) -> str:
    return f"{reverse('subscriptions:index')}?{ReaderFilterForm(request.GET).query()}"


@require_safe
def bulk_change(request: HttpRequest, change_pk: int) -> HttpResponse:
    """Show how far a bulk change got, and offer to undo it."""
    acts = acts_of(request.user)
    if not acts:
        raise PermissionDenied
    change = get_object_or_404(BulkChange, pk=change_pk)
    return render_page(
        request,
        "audience/bulk_change",
        title=str(change.get_act_display()),
        icon="group",
        change=change,
        may_undo=change.act in acts and undoable(now=timezone.now()).filter(pk=change.pk).exists(),
        days=conf.UNDO_BULK_DAYS,
    )


@require_POST
def undo_bulk(request: HttpRequest, change_pk: int) -> HttpResponse:
    """Undo a bulk change."""
    change = get_object_or_404(BulkChange, pk=change_pk)
    if change.act not in acts_of(request.user):
        raise PermissionDenied
    if undo_bulk_change(change, user=request.user, now=timezone.now()):
        return _work(change)
    messages.info(request, _("There is nothing to undo."))
    return redirect("newsletters_admin:bulk_change", change.pk)
