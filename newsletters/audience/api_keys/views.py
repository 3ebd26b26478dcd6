"""The pages on which a key is made and shown once, and revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from newsletters.audience.api_keys.make_key import make_key
from newsletters.audience.api_keys.revoke_key import revoke_key
from newsletters.audience.api_keys.rights import may_have, require_change
from newsletters.models import ApiKey
from newsletters.publications.permissions import require_permission
from newsletters.publications.views.frame import render_page

ICON = "key"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest, key_pk: int) -> HttpResponse:
    """Make the key when the button is pressed, and show it this once."""
    api_key = get_object_or_404(ApiKey, pk=key_pk)
    is_own = api_key.digest is None and api_key.created_by_id == request.user.pk and may_have(request.user, api_key)
    if not is_own:
        require_change(request.user, api_key)
    shown = ""
    if request.method == "POST":
        shown = make_key(api_key, user=request.user, now=timezone.now()) or ""
        api_key.refresh_from_db()
    return _render(request, "make_key", api_key, title=_("Key"), shown=shown)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, key_pk: int) -> HttpResponse:
    """Ask, then revoke the key."""
    require_permission(request.user, "change_apikey")
    api_key = get_object_or_404(ApiKey, pk=key_pk)
    if request.method == "POST":
        revoke_key(api_key, user=request.user, now=timezone.now())
        messages.success(request, _("The key of “%(name)s” works no more.") % {"name": api_key})
        return redirect("api_keys:index")
    return _render(request, "revoke_key", api_key, title=_("Revoke the key"))


def _render(request: HttpRequest, name: str, api_key: ApiKey, *, title: str, **context: object) -> HttpResponse:
    index = reverse("api_keys:index")
    return render_page(
        request,
        f"audience/{name}",
        title=title,
        subtitle=str(api_key),
        icon=ICON,
        breadcrumbs_items=[
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": index, "label": _("API keys")},
            {"url": "", "label": title, "sublabel": str(api_key)},
        ],
        api_key=api_key,
        index=index,
        **context,
    )
