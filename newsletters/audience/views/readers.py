"""Readers for staff: find them by what they chose, page by page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.admin.widgets.button import HeaderButton

from newsletters.audience.reader_forms import ReaderFilterForm
from newsletters.audience.readers.conditions import waiting_at
from newsletters.audience.readers.pages import page_of
from newsletters.audience.views.exporting import may_export
from newsletters.publications.permissions import may_see_subscribers
from newsletters.publications.views.frame import render_page
from newsletters.values.path_keys import is_key

MOST_WAITING = 5  # requests that wait to be confirmed, beside the readers that a search finds


@require_safe
def readers(request: HttpRequest) -> HttpResponse:
    """List the readers for whom the filters in the address line hold, the newest first; `older` and `newer` page."""
    if not may_see_subscribers(request.user):
        raise PermissionDenied
    form, now = ReaderFilterForm(request.GET), timezone.now()
    conditions = form.conditions()
    page = page_of(conditions, older_than=_key(request, "older"), newer_than=_key(request, "newer"), now=now)
    return render_page(
        request,
        "audience/readers",
        title=_("Readers"),
        icon="group",
        form=form,
        page=page,
        is_filtered=bool(conditions.names),
        query=urlencode(form.kept()),
        waiting=waiting_at(conditions.words).select_related("newsletter")[:MOST_WAITING],
        header_buttons=_buttons(request),
    )


def _key(request: HttpRequest, name: str) -> int | None:
    word = request.GET.get(name, "")
    return int(word) if is_key(word) else None


def _buttons(request: HttpRequest) -> list[HeaderButton]:
    buttons = []
    if request.user.has_perm("hub_newsletters.add_subscription"):
        buttons.append(HeaderButton(_("Invite somebody"), url=reverse("subscriptions:add"), icon_name="plus"))
    if may_export(request.user):
        url = reverse("newsletters_admin:export")
        buttons.append(HeaderButton(_("Export readers"), url=url, icon_name="download"))
    return buttons
