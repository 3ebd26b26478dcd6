"""Who may see and do what on the newsletter's own pages."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from newsletters.models import IssuePage


def may(user: Any, permission: str) -> bool:
    """Say whether the user has one of the newsletter's own permissions."""
    return user.has_perm(f"hub_newsletters.{permission}_issuepage")


def may_see_readers(user: Any) -> bool:
    """Say whether the user may see to whom an issue was sent; who sends needs it to tell what became of a mail."""
    return may_see_subscribers(user) or may(user, "send")


def require_readers(request: HttpRequest) -> None:
    """Raise PermissionDenied unless the user may see to whom an issue was sent."""
    if not may_see_readers(request.user):
        raise PermissionDenied


def require_editor(request: HttpRequest, page: Any) -> None:
    """Raise PermissionDenied unless the user may edit this page, locked or not."""
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied


def require_edit(request: HttpRequest, page: Any) -> None:
    """Raise PermissionDenied unless the user may edit this page, and edit it now: in review it is locked."""
    require_editor(request, page)
    lock = page.get_lock()
    if lock and lock.for_user(request.user):
        raise PermissionDenied


def require_view(request: HttpRequest, issue: IssuePage) -> None:
    """Raise PermissionDenied unless the user may edit, approve or send this issue."""
    can_edit = issue.permissions_for_user(request.user).can_edit()
    if not (can_edit or may(request.user, "approve") or may(request.user, "send")):
        raise PermissionDenied


def may_see_subscribers(user: Any) -> bool:
    """Say whether the user may see who subscribed."""
    return any(user.has_perm(f"hub_newsletters.{verb}_subscription") for verb in ("view", "change"))
