"""Revoke a key."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import ApiKey
from newsletters.publications.permissions import require_permission


@transaction.atomic
def revoke_key(api_key: ApiKey, *, user: User | AnonymousUser, now: datetime) -> bool:
    """Let the key work no more, at once and for good; return False if it was revoked before. Raises NotAllowed."""
    require_permission(user, "change_apikey")
    if not api_key.revoke(now=now):
        return False
    log(api_key, "hub_newsletters.revoke_key", user=user)
    return True
