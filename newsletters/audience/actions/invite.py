"""Invite somebody to subscribe on behalf of staff; they confirm by mail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.actions.subscribe import subscribe
from newsletters.models import ConsentEvent, Newsletter
from newsletters.publications.permissions import require_permission
from newsletters.values.subscriber_details import SubscriberDetails


def invite(
    *,
    newsletter: Newsletter,
    details: SubscriberDetails,
    locale: Locale,
    themes: Collection[Theme],
    user: User | AnonymousUser,
    now: datetime,
) -> ConsentEvent | None:
    """Return the event to confirm by mail, None if the person is already subscribed; raise NotAllowed."""
    require_permission(user, "add_subscription")
    return subscribe(
        newsletter=newsletter,
        details=details,
        locale=locale,
        themes=themes,
        source=ConsentEvent.Source.ADMIN,
        now=now,
    )
