"""Change a reader's first name."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import Subscriber
from newsletters.models.audience.announcing import announce_details
from newsletters.publications.permissions import require_permission


@transaction.atomic
def rename_subscriber(
    subscriber: Subscriber, *, first_name: str, user: User | AnonymousUser | None, now: datetime
) -> None:
    """Set the first name; an empty one takes it away. `user` is None if it is the reader. Raises NotAllowed."""
    if user is not None:
        require_permission(user, "change_subscription")
    if not Subscriber.objects.filter(pk=subscriber.pk).update(first_name=first_name):
        return  # erased since
    announce_details(subscriber, reason="renamed", now=now)
    if user is not None:
        # Without either name, which the log might keep for longer than the person wants.
        log(subscriber, "hub_newsletters.rename", user=user, title=f"{subscriber.pk}")
