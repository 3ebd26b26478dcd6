"""End a subscription for somebody who asked staff to do so by telephone or mail."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.models import ConsentSource, Subscription
from newsletters.publications.permissions import require_permission


@transaction.atomic
def end_subscription(subscription: Subscription, *, user: User | AnonymousUser, now: datetime) -> None:
    """End it at once, and note in the audit log who did so; a second call changes nothing. Raises NotAllowed."""
    require_permission(user, "change_subscription")
    staff = user if isinstance(user, User) else None
    if unsubscribe(subscription, source=ConsentSource.ADMIN, user=staff, now=now):
        # Without the address, which the log might keep for longer than the person wants.
        log(subscription, "hub_newsletters.end_subscription", user=user, title=f"{subscription.pk}")
