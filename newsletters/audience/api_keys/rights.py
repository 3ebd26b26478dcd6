"""Nobody gives a key more than they may do themselves."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from newsletters.exceptions import NotAllowed
from newsletters.models import ApiKey

# What the user needs for each right of a key.
NEEDED = {
    "may_add": "hub_newsletters.import_subscription",
    "may_read": "hub_newsletters.view_subscription",
    "may_end": "hub_newsletters.change_subscription",
}


def givable(user: User | AnonymousUser) -> set[str]:
    """Return the rights that the user may give a key."""
    return {name for name, permission in NEEDED.items() if user.has_perm(permission)}


def may_have(user: User | AnonymousUser, api_key: ApiKey) -> bool:
    """Say whether the user may give all rights that this key has."""
    return {name for name in NEEDED if getattr(api_key, name)} <= givable(user)


def require_change(user: User | AnonymousUser, api_key: ApiKey) -> None:
    """Raise NotAllowed unless the user may change keys, and do all that this one may do."""
    if not user.has_perm("hub_newsletters.change_apikey") or not may_have(user, api_key):
        raise NotAllowed
