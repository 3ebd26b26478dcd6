"""Request a subscription: the address only gets one mail, which asks to confirm."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction
from wagtail.models import Locale

from cms.models import Theme
from newsletters.models import ConsentEvent, Newsletter, Subscriber, Subscription, ThemeSet
from newsletters.values.subscriber_details import SubscriberDetails


@transaction.atomic
def subscribe(
    *,
    newsletter: Newsletter,
    details: SubscriberDetails,
    locale: Locale,
    themes: Collection[Theme],
    source: str,
    wording: str | None = None,
    now: datetime,
) -> ConsentEvent | None:
    """Note the request and return the event to confirm by mail, None if the person is already subscribed.

    `wording` is the text that was shown next to the button, if it was not in the chosen language. An active
    subscription stays as it is: knowing somebody's address must not be enough to change it.
    """
    theme_set = ThemeSet.of(themes)
    subscription, is_new = Subscription.objects.select_for_update().get_or_create(
        subscriber=_subscriber(details),
        newsletter=newsletter,
        defaults={"locale": locale, "theme_set": theme_set, "status_changed_at": now},
    )
    if subscription.status == Subscription.Status.ACTIVE:
        return None
    if not is_new:
        subscription.locale, subscription.theme_set = locale, theme_set
        subscription.change_status(Subscription.Status.PENDING, now=now)
        subscription.save()
    if wording is None:
        text = newsletter.text_in(locale)
        wording = text.consent_wording if text else ""
    return ConsentEvent.objects.create(
        subscription=subscription,
        kind=ConsentEvent.Kind.REQUESTED,
        source=source,
        language=locale.language_code,
        wording=wording,
        themes=theme_set.key,
        mail_due_at=now,
        at=now,
    )


def _subscriber(details: SubscriberDetails) -> Subscriber:
    """Return the subscriber with this address, a new one if need be; the same form may be submitted twice at once."""
    known = Subscriber.objects.at(details.email)
    if found := known.first():
        return found
    try:
        with transaction.atomic():
            return Subscriber.objects.create(**asdict(details))
    except IntegrityError:
        return known.get()
