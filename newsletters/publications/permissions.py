"""Who may see and do what on the newsletter's own pages."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from wagtail.models import Page

from newsletters.exceptions import NotAllowed
from newsletters.models import IssuePage, Newsletter
from newsletters.models.rights import VERBS, AnyUser, Verb, has_right


def may(user: AnyUser | None, verb: Verb, newsletter: Newsletter | None = None) -> bool:
    """Say whether the user may approve or send issues of this newsletter; of at least one if none is given."""
    return has_right(user, verb, newsletter)


def require(user: AnyUser | None, verb: Verb, newsletter: Newsletter) -> None:
    """Raise NotAllowed unless the user may approve or send issues of this newsletter."""
    if not may(user, verb, newsletter):
        raise NotAllowed


def require_permission(user: AnyUser, permission: str) -> None:
    """Raise NotAllowed unless the user has one of the newsletter's own permissions ("add_subscription")."""
    if not user.has_perm(f"hub_newsletters.{permission}"):
        raise NotAllowed


def require_editing(user: AnyUser, page: Page) -> None:
    """Raise NotAllowed unless the user may edit this page, locked or not."""
    if not page.permissions_for_user(user).can_edit():
        raise NotAllowed


def require_adding(user: AnyUser, parent: Page) -> None:
    """Raise NotAllowed unless the user may add pages below this one."""
    if not parent.permissions_for_user(user).can_add_subpage():
        raise NotAllowed


def may_see_readers(user: AnyUser, newsletter: Newsletter | None = None) -> bool:
    """Say whether the user may see to whom an issue was sent; senders need that to see what became of a mail."""
    return may_see_subscribers(user) or may(user, "send", newsletter)


def may_see_counts(user: AnyUser, newsletter: Newsletter | None = None) -> bool:
    """Say whether the user may see how many read this newsletter, and use its segments; of at least one if None.

    No address is shown to them for that.
    """
    writes = user.has_perm("hub_newsletters.add_issuepage")
    return writes or may_see_subscribers(user) or any(may(user, verb, newsletter) for verb in VERBS)


def require_counts(user: AnyUser, newsletter: Newsletter) -> None:
    """Raise NotAllowed unless the user may see how many read this newsletter, and use its segments."""
    if not may_see_counts(user, newsletter):
        raise NotAllowed


def require_readers(request: HttpRequest) -> None:
    """Raise PermissionDenied unless the user may see to whom an issue was sent."""
    if not may_see_readers(request.user):
        raise PermissionDenied


def require_editor(request: HttpRequest, page: Page) -> None:
    """Raise PermissionDenied unless the user may edit this page, locked or not."""
    require_editing(request.user, page)


def require_edit(request: HttpRequest, page: Page) -> None:
    """Raise PermissionDenied unless the user may edit this page now: while in review, it is locked."""
    require_editor(request, page)
    lock = page.get_lock()
    if lock and lock.for_user(request.user):
        raise PermissionDenied


def require_view(request: HttpRequest, issue: IssuePage, *, newsletter: Newsletter | None = None) -> None:
    """Raise PermissionDenied unless the user may edit, approve or send this issue."""
    can_edit = issue.permissions_for_user(request.user).can_edit()
    if can_edit:
        return
    newsletter = newsletter or issue.newsletter
    if not any(may(request.user, verb, newsletter) for verb in VERBS):
        raise PermissionDenied


def may_see_subscribers(user: AnyUser) -> bool:
    """Say whether the user may see who subscribed."""
    return any(user.has_perm(f"hub_newsletters.{verb}_subscription") for verb in ("view", "change"))
