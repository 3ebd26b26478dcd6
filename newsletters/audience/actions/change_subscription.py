"""Confirm, change or end a subscription; each of these records a consent event.

Each reads the row again and locks it: two may run at once, and whoever unsubscribed must stay unsubscribed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from wagtail.models import Locale

from cms.models import Theme
from newsletters.models import ConsentEvent, Subscription, ThemeSet
from newsletters.sending import ledger

Kind = ConsentEvent.Kind
Status = Subscription.Status


@transaction.atomic
def confirm(subscription: Subscription, *, source: str, now: datetime) -> None:
    """Make a pending subscription active; an active one stays active, and an ended one stays ended."""
    _lock(subscription)
    if subscription.status != Status.PENDING:
        return
    subscription.change_status(Status.ACTIVE, now=now)
    subscription.save()
    _note(subscription, kind=Kind.CONFIRMED, source=source, now=now)


@transaction.atomic
def change_choices(
    subscription: Subscription, *, locale: Locale, themes: Collection[Theme], rejoins: bool, source: str, now: datetime
) -> None:
    """Set language and themes from the next issue on; `rejoins` makes an ended subscription active again."""
    _lock(subscription)
    subscription.locale, subscription.theme_set = locale, ThemeSet.of(themes)
    if rejoins and subscription.status == Status.ENDED:
        subscription.change_status(Status.ACTIVE, now=now)
    subscription.save()
    _note(subscription, kind=Kind.CHANGED, source=source, now=now)


@transaction.atomic
def unsubscribe(subscription: Subscription, *, source: str, now: datetime) -> bool:
    """End the subscription at once, even for a dispatch that is under way; return False if it had already ended."""
    _lock(subscription)
    if subscription.status == Status.ENDED:
        return False
    subscription.change_status(Status.ENDED, now=now)
    subscription.save()
    ledger.exclude_unsubscribed(subscription.pk, now=now)
    _note(subscription, kind=Kind.WITHDRAWN, source=source, now=now)
    return True


def _lock(subscription: Subscription) -> None:
    subscription.refresh_from_db(from_queryset=Subscription.objects.select_for_update())


def _note(subscription: Subscription, *, kind: Kind, source: str, now: datetime) -> None:
    text = subscription.newsletter.text_in(subscription.locale)
    ConsentEvent.objects.create(
        subscription=subscription,
        kind=kind,
        source=source,
        language=subscription.locale.language_code,
        wording=text.consent_wording if text else "",
        themes=subscription.theme_set.key,
        at=now,
    )
