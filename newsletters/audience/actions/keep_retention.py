"""Delete what has been kept long enough, by the settings KEEP_…; the clock does so every hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.conf import conf
from newsletters.models import Delivery, SignUp, SignUpAttempt, Subscriber, Subscription, Suppression

HOUR = timedelta(hours=1)  # how long attempts count


def keep_retention(*, now: datetime) -> None:
    """Delete old requests and attempts, people who left long ago, and what mail servers wrote about old mails."""
    SignUp.objects.filter(requested_at__lt=now - timedelta(days=conf.KEEP_SIGN_UPS_DAYS)).delete()
    SignUpAttempt.objects.filter(at__lt=now - HOUR).delete()
    for subscriber in left_long_ago(now=now)[: conf.CLAIM_SIZE]:
        erase_subscriber(subscriber, user=None, reason=Suppression.Reason.LEFT, now=now)
    # A mail server may answer after a person was erased, and quote the address.
    Delivery.objects.filter(subscription=None).exclude(reply="").update(reply="")
    old = Delivery.objects.filter(dispatch__finished_at__lt=now - timedelta(days=conf.KEEP_REPLIES_DAYS))
    old.exclude(reply="").update(reply="")


def left_long_ago(*, now: datetime) -> QuerySet[Subscriber]:
    """Return who has had no subscription for KEEP_ENDED_DAYS, the longest first.

    A subscription that was set aside is not ended: its reader may bring it back.
    """
    going_on = Subscription.objects.filter(subscriber=OuterRef("pk")).exclude(status=Subscription.Status.ENDED)
    ended = Subscriber.objects.filter(~Exists(going_on)).annotate(ended_at=Max("subscriptions__status_changed_at"))
    return ended.filter(ended_at__lt=now - timedelta(days=conf.KEEP_ENDED_DAYS)).order_by("ended_at")
