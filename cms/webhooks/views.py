"""Staff's views of a webhook, besides the list and the form: show a message, send, switch, make a new secret."""

from __future__ import annotations

import json

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.permissions import policy_registry

from cms.conf import webhooks_conf
from cms.models import WebhookDelivery, WebhookEndpoint
from cms.plugins.registry import webhook_events
from cms.webhooks.events import PING, Event, label_of, may_choose
from cms.webhooks.outbox import record_for, start_sending
from cms.webhooks.signing import secret_of

ICON = "link-external"
MAY_LOOK = ["view", "change"]
SECRET_SHOWN = "hub_cms.webhook.secret_shown"  # noqa: S105  # the name of an action in the audit log
SECRET_ROTATED = "hub_cms.webhook.secret_rotated"  # noqa: S105


def may(user: AbstractBaseUser | AnonymousUser, *verbs: str) -> bool:
    """Return whether the user may do any of `verbs` with webhooks: add, change, delete, view."""
    allowed: bool = policy_registry.get_by_type(WebhookEndpoint).user_has_any_permission(user, verbs)
    return allowed


def may_change(user: AbstractBaseUser | AnonymousUser, endpoint: WebhookEndpoint) -> bool:
    """Return whether the user may change this webhook: all of its events are such as they might choose."""
    return may(user, "change") and _may_have_its_events(user, endpoint)


def require_its_events(user: AbstractBaseUser | AnonymousUser, endpoint: WebhookEndpoint) -> None:
    """Raise PermissionDenied if the webhook gets events that the user may not choose.

    Who changes its address or learns its secret could otherwise read what they may not see.
    """
    if not _may_have_its_events(user, endpoint):
        raise PermissionDenied


def _may_have_its_events(user: AbstractBaseUser | AnonymousUser, endpoint: WebhookEndpoint) -> bool:
    return all(may_choose(user, event) for event in webhook_events() if event.name in endpoint.events)


def _endpoint(request: HttpRequest, pk: int, *verbs: str) -> WebhookEndpoint:
    if not may(request.user, *verbs):
        raise PermissionDenied
    endpoint = get_object_or_404(WebhookEndpoint.objects.select_related("site"), pk=pk)
    require_its_events(request.user, endpoint)
    return endpoint


def _delivery(request: HttpRequest, pk: int, *verbs: str) -> WebhookDelivery:
    if not may(request.user, *verbs):
        raise PermissionDenied
    return get_object_or_404(WebhookDelivery.objects.select_related("endpoint__site"), pk=pk)


@require_GET
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a message and the receiver's response."""
    row = _delivery(request, pk, *MAY_LOOK)
    body = json.dumps(json.loads(row.body), indent=2, ensure_ascii=False)
    context = {"delivery": row, "body": body}
    title = f"{row.event}: {row.about}" if row.about else row.event
    return _render(request, "delivery", endpoint=row.endpoint, title=title, **context)


@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a message again; pressing the button twice sends it once."""
    row = _delivery(request, pk, "change")
    require_its_events(request.user, row.endpoint)
    if not row.endpoint.is_active:
        messages.error(request, _("This webhook is switched off. Switch it on first."))
    elif row.send_again(now=timezone.now()):
        start_sending([row.endpoint_id])
        messages.success(request, _("The message is being sent again, with the same ID."))
    else:
        messages.warning(request, _("The message is already on its way."))
    return redirect("webhooks:delivery", row.pk)


@require_POST
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a ping, whichever events the webhook chose."""
    endpoint = _endpoint(request, pk, "change")
    if not endpoint.is_active:
        messages.error(request, _("This webhook is switched off. Switch it on first."))
        return redirect("webhooks:log", endpoint.pk)
    row = record_for(endpoint, event=Event(name=PING, data={}), now=timezone.now())
    messages.success(request, _("A test message is on its way. This page shows what happens to it."))
    return redirect("webhooks:delivery", row.pk)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a webhook on or off, as `to` says."""
    endpoint = _endpoint(request, pk, "change")
    if request.POST.get("to") == "on":
        if endpoint.switch_on():
            start_sending([endpoint.pk])
        messages.success(request, _("The webhook is on. Waiting messages are being sent now."))
    else:
        endpoint.switch_off(reason=WebhookEndpoint.Off.BY_HAND)
        messages.success(
            request, _("The webhook is off. It gets no messages about changes until you switch it on again.")
        )
    return redirect("webhooks:log", endpoint.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then make a new secret; the old one also signs for a while."""
    endpoint = _endpoint(request, pk, "change")
    if request.method == "POST":
        endpoint.rotate(now=timezone.now())
        log(instance=endpoint, action=SECRET_ROTATED, user=request.user)
        return redirect("webhooks:secret", endpoint.pk)
    return _render(request, "rotate", endpoint=endpoint, title=_("New secret"), hours=webhooks_conf.OLD_SECRET_HOURS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the secret once, to the first user who presses the button."""
    endpoint = _endpoint(request, pk, "add", "change")
    shown = ""
    if request.method == "POST" and endpoint.reveal(now=timezone.now()):
        shown = secret_of(endpoint.seed)
        log(instance=endpoint, action=SECRET_SHOWN, user=request.user)
    return _render(request, "secret", endpoint=endpoint, title=_("Secret"), secret=shown)


def breadcrumbs(*items: dict[str, str]) -> list[dict[str, str]]:
    """Return breadcrumbs from the admin's home page through the list of webhooks to `items`."""
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("webhooks:index"), "label": _("Webhooks")},
        *items,
    ]


def endpoint_context(request: HttpRequest, endpoint: WebhookEndpoint) -> dict[str, object]:
    """Return the template context that a webhook's pages share."""
    return {
        "endpoint": endpoint,
        "events": [
            {"name": event.name, "label": label_of(event)}
            for event in webhook_events()
            if event.name in endpoint.events
        ],
        "old_secret_until": endpoint.old_seed_until if len(endpoint.seeds(now=timezone.now())) > 1 else None,
        "may_change": may_change(request.user, endpoint),
        "is_reserved": may(request.user, "change") and not may_change(request.user, endpoint),
        "may_look": may(request.user, *MAY_LOOK),
    }


def _render(
    request: HttpRequest, name: str, *, endpoint: WebhookEndpoint, title: str, **context: object
) -> HttpResponse:
    log_url = reverse("webhooks:log", args=[endpoint.pk]) if may(request.user, *MAY_LOOK) else ""
    page: dict[str, object] = {
        "header_title": f"{title}: {endpoint}",
        "header_icon": ICON,
        "breadcrumbs_items": breadcrumbs({"url": log_url, "label": str(endpoint)}, {"url": "", "label": title}),
    }
    return render(request, f"cms/webhooks/{name}.html", endpoint_context(request, endpoint) | page | context)
