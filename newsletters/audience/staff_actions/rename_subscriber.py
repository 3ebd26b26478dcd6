"""Change a reader's first name."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import Subscriber
from newsletters.publications.permissions import require_permission


@transaction.atomic
def rename_subscriber(subscriber: Subscriber, *, first_name: str, user: User | AnonymousUser) -> None:
    """Set the first name; an empty one takes it away. Raises NotAllowed."""
    require_permission(user, "change_subscription")
    Subscriber.objects.filter(pk=subscriber.pk).update(first_name=first_name)
    # Without either name, which the log might keep for longer than the person wants.
    log(subscriber, "hub_newsletters.rename", user=user, title=f"{subscriber.pk}")
