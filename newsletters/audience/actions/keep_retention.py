"""Delete what has been kept long enough, by the settings KEEP_…; the clock does so every hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.imports.forgetting import forget_old_files
from newsletters.audience.retention import left_long_ago, old_addresses, old_replies, old_requests, old_rows
from newsletters.conf import conf
from newsletters.models import BulkPiece, Delivery, SignUp, SignUpAttempt, Subscriber, Suppression

HOUR = timedelta(hours=1)  # how long attempts count


def keep_retention(*, now: datetime) -> None:
    """Delete old requests, former addresses, attempts, people who left long ago, and what mail servers wrote then."""
    old_addresses(now).delete()
    old_requests(now).delete()
    SignUpAttempt.objects.filter(at__lt=now - HOUR).delete()
    for subscriber in left_long_ago(now=now)[: conf.CLAIM_SIZE]:
        _forget(subscriber, now=now)
    forget_old_files(now=now)
    old_rows(now).delete()
    BulkPiece.objects.filter(change__finished_at__lt=now - timedelta(days=conf.UNDO_BULK_DAYS)).delete()
    # A mail server may answer after a person was erased, and quote the address.
    Delivery.objects.filter(subscription=None).exclude(reply="").update(reply="")
    old_replies(now).update(reply="")


@transaction.atomic
def _forget(subscriber: Subscriber, *, now: datetime) -> None:
    """Erase somebody, unless they confirmed a request while others were erased: that locks their requests first."""
    SignUp.objects.lock(mailbox=subscriber.mailbox)
    if left_long_ago(now=now).filter(pk=subscriber.pk).exists():
        erase_subscriber(subscriber, user=None, reason=Suppression.Reason.LEFT, now=now)
