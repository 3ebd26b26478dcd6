"""Readers for staff: find them by what they chose, page by page."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail.admin.widgets.button import BaseButton, Button, ButtonWithDropdown, HeaderButton

from newsletters.audience.reader_forms import ReaderFilterForm
from newsletters.audience.readers.conditions import waiting_at
from newsletters.audience.readers.numbers import numbers_by_month, numbers_by_newsletter
from newsletters.audience.readers.pages import page_of
from newsletters.audience.staff_actions.note_viewing import note_list_viewed
from newsletters.audience.staff_actions.undo_bulk_change import undoable
from newsletters.audience.views.bulk import acts_of
from newsletters.audience.views.exporting import may_export
from newsletters.audience.views.importing import may_import
from newsletters.models import Newsletter
from newsletters.publications.permissions import may_see_counts, may_see_readers, may_see_subscribers
from newsletters.publications.views.frame import render_page
from newsletters.publications.views.plot import plot
from newsletters.values.path_keys import is_key

MOST_UNDOABLE = 3  # the latest changes of many readers
MENU = {"aria-label": gettext_lazy("Actions")}
MOST_WAITING = 5  # requests that wait to be confirmed, beside the readers that a search finds


@require_safe
def readers(request: HttpRequest) -> HttpResponse:
    """List the readers for whom the filters in the address line hold, the newest first; `older` and `newer` page.

    Whoever may not see addresses is shown the numbers.
    """
    if not may_see_subscribers(request.user):
        return numbers(request)
    form, now = ReaderFilterForm(request.GET), timezone.now()
    conditions = form.conditions()
    note_list_viewed("readers", filters=conditions.names, user=request.user, now=now)
    acts = acts_of(request.user)
    page = page_of(conditions, older_than=_key(request, "older"), newer_than=_key(request, "newer"), now=now)
    return render_page(
        request,
        "audience/readers",
        title=_("Readers"),
        icon="group",
        form=form,
        page=page,
        is_filtered=bool(conditions.names),
        query=form.query(),
        acts=acts,
        undoable=undoable(now=now).filter(act__in=acts)[:MOST_UNDOABLE] if acts else [],
        waiting=waiting_at(conditions.words).select_related("newsletter")[:MOST_WAITING],
        header_buttons=_buttons(request),
    )


@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """Show how many readers each newsletter has, by state, language and month; no names and no addresses.

    Whoever may not see the readers is not shown a number of few of them, nor a picture that shows it.
    """
    if not may_see_counts(request.user):
        raise PermissionDenied
    now = timezone.now()
    newsletters = [each for each in Newsletter.objects.all() if may_see_counts(request.user, each)]
    exact = [each for each in newsletters if may_see_readers(request.user, each)]
    is_exact = len(exact) == len(newsletters)
    months = numbers_by_month(newsletters, now=now)
    bars = [(date_format(month.begins_at, "M Y"), month.joined) for month in months]
    label = _("Confirmed subscriptions by month, from %(first)s to %(last)s") % {
        "first": bars[0][0],
        "last": bars[-1][0],
    }
    return render_page(
        request,
        "audience/numbers",
        title=_("Readers in numbers"),
        icon="group",
        newsletters=numbers_by_newsletter(newsletters, exact=exact, now=now),
        months=months if any(month.joined or month.left for month in months) else [],
        is_exact=is_exact,
        plot=plot(bars, label=label) if is_exact and any(count for _month, count in bars) else "",
        may_see_readers=may_see_subscribers(request.user),
    )


def _key(request: HttpRequest, name: str) -> int | None:
    word = request.GET.get(name, "")
    return int(word) if is_key(word) else None


def _buttons(request: HttpRequest) -> list[BaseButton]:
    buttons: list[BaseButton] = []
    if request.user.has_perm("hub_newsletters.add_subscription"):
        buttons.append(HeaderButton(_("Invite somebody"), url=reverse("subscriptions:add"), icon_name="plus"))
    if may_import(request.user):
        url = reverse("newsletters_admin:imports")
        buttons.append(HeaderButton(_("Import readers"), url=url, icon_name="upload"))
    # As in Wagtail's own lists: what is needed less often is in a menu.
    return [*buttons, ButtonWithDropdown(buttons=_rarer(request), icon_name="dots-horizontal", attrs=MENU)]


def _rarer(request: HttpRequest) -> list[Button]:
    buttons = [Button(_("In numbers"), url=reverse("newsletters_admin:numbers"), icon_name="table")]
    if may_export(request.user):
        buttons.append(Button(_("Export readers"), url=reverse("newsletters_admin:export"), icon_name="download"))
    url = reverse("newsletters_admin:suppressed")
    return [*buttons, Button(_("Is an address suppressed?"), url=url, icon_name="lock")]
