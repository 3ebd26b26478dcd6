"""Subscribe somebody on their own page: the link to it was mailed to them, so no mail has to confirm it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from wagtail.models import Locale

from newsletters.models import (
    ConsentEvent,
    ConsentSource,
    Newsletter,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
    ThemeSet,
)
from newsletters.publications.privacy_statements import PrivacyStatement

Kind = ConsentEvent.Kind
Status = Subscription.Status


@transaction.atomic
def join_newsletter(
    subscriber: Subscriber,
    *,
    newsletter: Newsletter,
    locale: Locale,
    wording: str,
    statement: PrivacyStatement | None,
    now: datetime,
) -> bool:
    """Make the subscription active; return False, and change nothing, if it is not ended or the person was erased.

    `wording` and `statement` are what was shown next to the button. A new subscription follows no theme until the
    reader chooses; one that comes back keeps the themes that the reader chose before. A pause holds for it, too.
    """
    SignUp.objects.lock(mailbox=subscriber.mailbox).filter(newsletter=newsletter).close()
    if not Subscriber.objects.select_for_update().filter(pk=subscriber.pk).exists():
        return False
    pause = _pause_in_force(subscriber, now=now)
    fresh = {"locale": locale, "theme_set": ThemeSet.of([]), "status_changed_at": now, "heard_at": now}
    subscription, is_new = Subscription.objects.select_for_update().get_or_create(
        subscriber=subscriber, newsletter=newsletter, defaults=fresh | {"paused_until": pause}
    )
    if not is_new:
        if subscription.status != Status.ENDED:
            return False
        subscription.locale, subscription.paused_until, subscription.heard_at = locale, pause, now
        subscription.basis = Subscription.Basis.CONSENT
        subscription.change_status(Status.ACTIVE, now=now)
        subscription.save()
    Suppression.objects.of(subscriber.email).delete()
    ConsentEvent.objects.create(
        subscription=subscription,
        kind=Kind.CONFIRMED if is_new else Kind.RETURNED,
        source=ConsentSource.PERSON,
        language=locale.language_code,
        themes=subscription.theme_set.key,
        wording=wording,
        statement_url=statement.url if statement else "",
        statement_version=statement.version if statement else "",
        at=now,
    )
    if pause:
        ConsentEvent.add(subscription, kind=Kind.PAUSED, source=ConsentSource.PERSON, note=f"{pause}", now=now)
    return True


def _pause_in_force(subscriber: Subscriber, *, now: datetime) -> date | None:
    """Return until when the reader wants no mail, None if they pause nothing."""
    paused = subscriber.subscriptions.filter(status=Status.ACTIVE, paused_until__gt=timezone.localdate(now))
    return paused.order_by("-paused_until").values_list("paused_until", flat=True).first()
