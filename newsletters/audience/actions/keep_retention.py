"""Delete what has been kept long enough, by the settings KEEP_…; the clock does so every hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.imports.forgetting import forget_old_imports
from newsletters.conf import conf
from newsletters.models import Delivery, SignUp, SignUpAttempt, Subscriber, Subscription, Suppression

HOUR = timedelta(hours=1)  # how long attempts count


def keep_retention(*, now: datetime) -> None:
    """Delete old requests, former addresses, attempts, people who left long ago, and what mail servers wrote then."""
    notices = SignUp.objects.filter(kind=SignUp.Kind.UNDO)
    notices.filter(requested_at__lt=now - timedelta(days=conf.UNDO_ADDRESS_DAYS)).delete()
    requests = SignUp.objects.exclude(kind=SignUp.Kind.UNDO)
    requests.filter(requested_at__lt=now - timedelta(days=conf.KEEP_SIGN_UPS_DAYS)).delete()
    SignUpAttempt.objects.filter(at__lt=now - HOUR).delete()
    for subscriber in left_long_ago(now=now)[: conf.CLAIM_SIZE]:
        _forget(subscriber, now=now)
    forget_old_imports(now=now)
    # A mail server may answer after a person was erased, and quote the address.
    Delivery.objects.filter(subscription=None).exclude(reply="").update(reply="")
    old = Delivery.objects.filter(dispatch__finished_at__lt=now - timedelta(days=conf.KEEP_REPLIES_DAYS))
    old.exclude(reply="").update(reply="")


@transaction.atomic
def _forget(subscriber: Subscriber, *, now: datetime) -> None:
    """Erase somebody, unless they confirmed a request while others were erased: that locks their requests first."""
    SignUp.objects.lock(mailbox=subscriber.mailbox)
    if left_long_ago(now=now).filter(pk=subscriber.pk).exists():
        erase_subscriber(subscriber, user=None, reason=Suppression.Reason.LEFT, now=now)


def left_long_ago(*, now: datetime) -> QuerySet[Subscriber]:
    """Return who has had no subscription for KEEP_ENDED_DAYS, the longest first.

    A subscription that was set aside is not ended: its reader may bring it back. Whoever just asked to come back is
    left out, too.
    """
    going_on = Subscription.objects.filter(subscriber=OuterRef("pk")).exclude(status=Subscription.Status.ENDED)
    asked = SignUp.objects.filter(mailbox=OuterRef("mailbox"), status=SignUp.Status.WAITING)
    ended = Subscriber.objects.filter(~Exists(going_on), ~Exists(asked)).annotate(
        ended_at=Coalesce(Max("subscriptions__status_changed_at"), "created_at")
    )
    return ended.filter(ended_at__lt=now - timedelta(days=conf.KEEP_ENDED_DAYS)).order_by("ended_at")
