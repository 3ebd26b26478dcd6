"""Send nothing to a reader until a date, because they asked staff to do so."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.models import Subscriber
from newsletters.publications.permissions import require_permission


@transaction.atomic
def pause_for_reader(subscriber: Subscriber, *, until: date | None, user: User | AnonymousUser, now: datetime) -> None:
    """Pause all active subscriptions from the next issue on, or with None end their pause. Raises NotAllowed."""
    require_permission(user, "change_subscription")
    pause_subscriptions(subscriber, until=until, user=user if isinstance(user, User) else None, now=now)
    log(subscriber, "hub_newsletters.pause_reader", user=user, title=f"{subscriber.pk}")
