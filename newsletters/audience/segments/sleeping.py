"""Who sleeps: mails arrive, and nothing has been heard from them for SLEEPING_MONTHS.

Nobody is watched: opening a mail or following its links is not known. What counts is what only the reader can do:
confirming, choosing, pausing, changing name or address, joining, and answering when we ask.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from newsletters.conf import conf
from newsletters.models import Delivery, Subscription

MONTH = timedelta(days=365.25) / 12


def asleep(*, now: datetime) -> Q:
    """Return who sleeps, as a filter of subscriptions.

    Whoever was sent nothing cannot have overslept it: one mail at least was accepted within that time.
    """
    since = now - conf.SLEEPING_MONTHS * MONTH
    arrived = Delivery.objects.filter(
        subscription=OuterRef("pk"), status=Delivery.Status.ACCEPTED, settled_at__gt=since
    )
    return Q(Exists(arrived), status=Subscription.Status.ACTIVE, heard_at__lt=since)
