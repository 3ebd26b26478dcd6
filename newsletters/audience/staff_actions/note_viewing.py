"""Note in the audit log who of the staff looked at whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from newsletters.models import Subscriber

AGAIN_AFTER = timedelta(hours=1)  # the same look is not noted again before that, so that the log can still be read


def note_reader_viewed(subscriber: Subscriber, *, user: User | AnonymousUser, now: datetime) -> None:
    """Note that the user saw everything about this reader."""
    _note(subscriber, "hub_newsletters.view_reader", user=user, data={}, now=now)


def note_list_viewed(name: str, *, filters: Iterable[str] = (), user: User | AnonymousUser, now: datetime) -> None:
    """Note that the user saw a list with addresses, and by which filters; what was searched for is not kept."""
    data: dict[str, object] = {"list": name, "filters": sorted(filters)}
    if isinstance(user, User):
        _note(user, "hub_newsletters.view_readers", user=user, data=data, now=now)


def _note(
    seen: Subscriber | User, action: str, *, user: User | AnonymousUser, data: dict[str, object], now: datetime
) -> None:
    noted = ModelLogEntry.objects.for_instance(seen).filter(user=user.pk, action=action, data=data)
    if not noted.filter(timestamp__gt=now - AGAIN_AFTER).exists():
        log(seen, action, user=user, title=f"{seen.pk}", data=data)
