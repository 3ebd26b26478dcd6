"""Previews of unsaved pages on the website, with a token that gives access to the page for some minutes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from wagtail.models import COMMENTS_RELATION_NAME, Page

from cms.conf import conf
from cms.models import HubPage, Preview, SiteSettings
from cms.pictures.shown_images import make_for_preview
from cms.plugins.registry import page_types

# An editor's panel asks for a new preview after each change: the latest are kept, so that a preview that the website
# is loading, or shows in another tab, does not disappear.
KEPT_PER_PAGE = 10
CLEARED_AT_ONCE = 200

FRAME_CSP = "default-src 'none'; frame-src http: https:; style-src 'unsafe-inline'; frame-ancestors 'self'"
PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def show_on_website(page: HubPage, *, request: HttpRequest, now: datetime) -> HttpResponse | None:
    """Return a response that leads the editor to the website's preview of `page`, which may be unsaved.

    None if the page's site has no preview address, or if nobody is logged in.
    """
    site = page.get_site()
    address = SiteSettings.for_site(site).preview_url if site else ""
    make_for_preview(page)
    if not address or not request.user.is_authenticated or type(page) not in page_types():
        return None
    address = _with_token(address, start_preview(page=page, user=request.user, now=now))
    if not getattr(request, "in_preview_panel", False):
        return HttpResponseRedirect(address, headers=PRIVATE)
    # The panel waits ten seconds for a frame of another origin, because that does not answer Wagtail's messages.
    # So it gets a frame of our own, with the website's frame inside.
    frame = render_to_string("cms/preview_frame.html", {"page": page, "address": address})
    return HttpResponse(frame, headers={**PRIVATE, "Content-Security-Policy": FRAME_CSP})


@transaction.atomic
def start_preview(*, page: HubPage, user: AbstractBaseUser, now: datetime) -> str:
    """Store `page` as it is in memory, for `user`, and return a token for reading it."""
    content = page.serializable_data()
    content.pop(COMMENTS_RELATION_NAME, None)  # comments are between editors
    place = {"page_id": page.pk, "parent_id": None if page.pk else page.get_parent().pk}
    _clear(Preview.objects.filter(user_id=user.pk, **place), now=now)
    token = secrets.token_urlsafe(32)
    Preview.objects.create(
        token_hash=Preview.hash_token(token),
        user_id=user.pk,
        **place,
        content_type_id=page.content_type_id,
        content=content,
        created_at=now,
        expires_at=now + timedelta(seconds=conf.PREVIEW_SECONDS),
    )
    return token


def find_preview(*, token: str, now: datetime) -> HubPage | None:
    """Return the page for this token as its editor left it; None if the token is unknown or has expired."""
    previews = Preview.objects.select_related("user", "page", "parent")
    preview = previews.filter(token_hash=Preview.hash_token(token)).first()
    if preview is None or not preview.is_allowed(now=now):
        return None
    model = preview.content_type.model_class()
    if model is None or model not in page_types():
        return None
    return _restore(preview, model)


def _restore(preview: Preview, model: type[Page]) -> HubPage:
    # Foreign keys are not checked: the builder leaves out what does not exist.
    page: HubPage = model.from_serializable_data(preview.content, check_fks=False)
    for field in page._meta.concrete_fields:
        value = getattr(page, field.attname)
        if isinstance(value, datetime):
            setattr(page, field.attname, value.astimezone(UTC))  # like values from the database
    if preview.page:
        page.first_published_at = preview.page.first_published_at  # JSON drops the microseconds
        page.last_published_at = preview.page.last_published_at
    page.set_url_path(preview.page.get_parent() if preview.page else preview.parent)
    return page


def _clear(own: QuerySet[Preview], *, now: datetime) -> None:
    """Delete expired previews, and the oldest of the editor's `own` previews of the page."""
    expired = Preview.objects.filter(expires_at__lte=now).values_list("pk", flat=True)
    replaced = own.order_by("-pk").values_list("pk", flat=True)
    doomed = [*expired[:CLEARED_AT_ONCE], *replaced[KEPT_PER_PAGE - 1 : KEPT_PER_PAGE + CLEARED_AT_ONCE]]
    Preview.objects.filter(pk__in=doomed).delete()


def _with_token(address: str, token: str) -> str:
    parts = urlsplit(address)
    query = urlencode({"token": token})
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
