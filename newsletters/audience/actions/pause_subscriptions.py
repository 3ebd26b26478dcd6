"""Send nothing to somebody until a date that they chose."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction

from newsletters.models import ConsentEvent, ConsentSource, Subscriber, Subscription


@transaction.atomic
def pause_subscriptions(subscriber: Subscriber, *, until: date | None, user: User | None = None, now: datetime) -> bool:
    """Pause all active subscriptions from the next issue on, or with None end their pause.

    Returns False if none is active. `user` is the member of staff who does it, None if it is the reader.
    """
    source = ConsentSource.PERSON if user is None else ConsentSource.ADMIN
    active = subscriber.subscriptions.filter(status=Subscription.Status.ACTIVE).select_related("locale", "theme_set")
    subscriptions = list(active.select_for_update(of=("self",)).order_by("pk"))
    for subscription in subscriptions:
        if subscription.paused_until == until:
            continue
        subscription.paused_until = until
        if user is None:
            subscription.heard_at = now
        subscription.save(update_fields=["paused_until", "heard_at"])
        kind = ConsentEvent.Kind.PAUSED if until else ConsentEvent.Kind.CONTINUED
        ConsentEvent.add(subscription, kind=kind, source=source, note=f"{until or ''}", user=user, now=now)
    return bool(subscriptions)


def end_pauses(*, today: date) -> int:
    """Let everybody whose pause is over get the next issue; return how many."""
    return Subscription.objects.filter(paused_until__lte=today).update(paused_until=None)
