"""Make a key, or a new one in its place."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.api_keys.rights import may_have
from newsletters.exceptions import NotAllowed
from newsletters.models import ApiKey


@transaction.atomic
def make_key(api_key: ApiKey, *, user: User | AnonymousUser, now: datetime) -> str | None:
    """Return the key, which nobody can be shown again; None if it was revoked. The one from before works no more.

    Whoever added the row may make its first key. Raises NotAllowed.
    """
    here = ApiKey.objects.select_for_update().get(pk=api_key.pk)
    is_first_of_their_own = here.digest is None and here.created_by_id == user.pk
    if not (is_first_of_their_own or user.has_perm("hub_newsletters.change_apikey")) or not may_have(user, here):
        raise NotAllowed
    if here.revoked_at:
        return None
    key = here.make(now=now)
    log(here, "hub_newsletters.make_key", user=user)
    return key
