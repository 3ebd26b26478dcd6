"""Change or end a subscription; each of these records a consent event.

Each reads the row again and locks it: two may run at once, and whoever unsubscribed must stay unsubscribed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.imports.forgetting import leave_ended
from newsletters.models import ApiKey, ConsentEvent, ConsentSource, SignUp, Subscription, ThemeSet
from newsletters.sending import ledger

Kind = ConsentEvent.Kind
Status = Subscription.Status


@transaction.atomic
def change_choices(
    subscription: Subscription,
    *,
    locale: Locale,
    themes: Collection[Theme],
    source: ConsentSource,
    user: User | None = None,
    note: str = "",
    now: datetime,
) -> bool:
    """Set language and themes from the next issue on; return False, and change nothing, if the subscription ended."""
    if not subscription.lock() or subscription.status == Status.ENDED:
        return False
    subscription.locale, subscription.theme_set = locale, ThemeSet.of(themes)
    if user is None:
        subscription.heard_at = now
    subscription.save()
    ConsentEvent.add(subscription, kind=Kind.CHANGED, source=source, user=user, note=note, now=now)
    return True


@transaction.atomic
def unsubscribe(
    subscription: Subscription,
    *,
    source: ConsentSource,
    user: User | None = None,
    api_key: ApiKey | None = None,
    now: datetime,
) -> bool:
    """End the subscription at once, even for a dispatch that is under way; return False if it had already ended.

    Links in confirmation mails from before work no more, so that none of them brings the reader back.
    """
    mailbox = subscription.subscriber.mailbox
    SignUp.objects.lock(mailbox=mailbox).filter(newsletter=subscription.newsletter).close()
    if not subscription.lock():
        return False
    if subscription.status == Status.ENDED:
        leave_ended(subscription)
        if user is None:  # they say the same as whoever ended it: nobody's undoing brings them back
            Subscription.objects.filter(pk=subscription.pk).update(heard_at=now)
        return False
    subscription.change_status(Status.ENDED, now=now)
    subscription.save()
    ledger.exclude_unsubscribed(subscription.pk, now=now)
    ConsentEvent.add(subscription, kind=Kind.WITHDRAWN, source=source, user=user, api_key=api_key, now=now)
    return True
