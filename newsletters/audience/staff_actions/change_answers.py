"""Change what a reader answered to own fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.own_fields.keep_answers import keep_answers
from newsletters.models import Subscriber
from newsletters.models.audience.announcing import announce_details
from newsletters.publications.permissions import require_permission


@transaction.atomic
def change_answers(
    subscriber: Subscriber, *, answers: Mapping[str, str], user: User | AnonymousUser | None, now: datetime
) -> None:
    """Keep these answers by the keys of their fields; an empty one takes the kept one away.

    `user` is None if it is the reader. Raises NotAllowed.
    """
    if user is not None:
        require_permission(user, "change_subscription")
    if not answers:
        return  # nothing was changed, so nobody is told
    keep_answers(subscriber, answers)
    announce_details(subscriber, reason="answered", now=now)
    if user is not None:
        # Without any answer, which the log might keep for longer than the person wants.
        log(subscriber, "hub_newsletters.change_answers", user=user, title=f"{subscriber.pk}")
