"""Change a reader's language and themes because they asked staff to do so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.actions.change_subscription import change_choices
from newsletters.models import ConsentSource, Subscription
from newsletters.publications.permissions import require_permission


@transaction.atomic
def change_for_reader(
    subscription: Subscription,
    *,
    locale: Locale,
    themes: Collection[Theme],
    ground: str,
    user: User | AnonymousUser,
    now: datetime,
) -> bool:
    """Set language and themes; return False, and change nothing, if the subscription has ended.

    `ground` says how staff know that the reader wants this; it is kept with the consent. Raises NotAllowed.
    """
    require_permission(user, "change_subscription")
    is_changed = change_choices(
        subscription,
        locale=locale,
        themes=themes,
        source=ConsentSource.ADMIN,
        user=user if isinstance(user, User) else None,
        note=ground,
        now=now,
    )
    if is_changed:
        log(subscription, "hub_newsletters.change_choices", user=user, title=f"{subscription.pk}")
    return is_changed
