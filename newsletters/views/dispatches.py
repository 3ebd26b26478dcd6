"""Pages for those who send: how a sending stands, and its pause, resumption and end."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from newsletters import ledger
from newsletters.models import Delivery, Dispatch
from newsletters.queries import ledger_status
from newsletters.tasks import start_workers
from newsletters.views.frame import render_page
from newsletters.views.permissions import may, require_view


@require_GET
def dispatch(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """How a sending stands."""
    current = get_object_or_404(Dispatch.objects.select_related("issue", "newsletter"), pk=dispatch_pk)
    require_view(request, current.issue)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(_progress(current))
    return render_page(
        request,
        "dispatch",
        title=_("Sending"),
        subtitle=current.issue.title,
        icon="mail",
        dispatch=current,
        progress=_progress(current),
        may_send=may(request.user, "send"),
        may_edit=current.issue.permissions_for_user(request.user).can_edit(),
        may_copy=current.issue.get_parent().permissions_for_user(request.user).can_add_subpage(),
        failed=_to_look_at(current),
        online=[
            (
                edition.locale,
                reverse("newsletters:online", args=[current.issue_id, edition.locale.language_code]),
            )
            for edition in current.editions.in_archive().select_related("locale")
        ],
    )


def _to_look_at(current: Dispatch) -> Any:
    states = [Delivery.Status.REJECTED, Delivery.Status.UNCERTAIN, Delivery.Status.DEFERRED]
    odd = Q(status__in=states) | Q(reason=Delivery.Reason.UNSENDABLE)
    return current.deliveries.filter(odd).select_related("subscription__subscriber")[:50]


def _progress(current: Dispatch) -> dict[str, Any]:
    status = ledger_status(current)
    share = round(100 * status.settled / status.audience) if status.audience else 100
    labels, reasons = dict(Delivery.Status.choices), dict(Delivery.Reason.choices)
    return {
        "status": current.status,
        "label": current.get_status_display(),
        "reason": current.status_reason,
        "audience": status.audience,
        "settled": status.settled,
        "percent": share,
        "counts": [
            {"label": str(labels[name]), "count": count}
            for name, count in status.counts.items()
            if count and name != Delivery.Status.EXCLUDED
        ]
        + [
            {"label": f"{labels[Delivery.Status.EXCLUDED]}: {reasons[reason]}", "count": count}
            for reason, count in status.excluded.items()
        ],
    }


@require_POST
def steer(request: HttpRequest, dispatch_pk: int, verb: str) -> HttpResponse:
    """Pause, resume or cancel a sending."""
    current = get_object_or_404(Dispatch, pk=dispatch_pk)
    if not may(request.user, "send"):
        raise PermissionDenied
    if verb == "pause":
        ledger.pause(current, why=_("Paused by %(user)s") % {"user": request.user})
    elif verb == "resume":
        ledger.resume(current)
        start_workers(current)
    else:
        ledger.cancel(current, now=timezone.now())
    return redirect("newsletters_admin:dispatch", current.pk)
