"""Ask sleeping readers by one mail whether they still want the newsletter."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from newsletters.audience.segments.sleeping import asleep
from newsletters.conf import conf
from newsletters.models import ConsentSource, SignUp, Subscription

DAY = timedelta(days=1)  # who reads two newsletters is asked about the second one another day


def ask_sleeping(*, now: datetime) -> int:
    """Note a question to the CLAIM_SIZE readers who sleep longest; return how many. The clock sends the mails.

    Nobody is asked twice unless they gave a sign of life in between. Members and donors are not asked: their ground is
    the relation, which does not end by silence.
    """
    longest = not_asked(now=now).select_related("subscriber").order_by("heard_at", "pk")
    return sum(_ask(subscription, now=now) for subscription in longest[: conf.CLAIM_SIZE])


def not_asked(*, now: datetime) -> QuerySet[Subscription]:
    """Return the subscriptions by consent whose readers sleep, are not paused, and were not asked since."""
    questions = SignUp.objects.filter(kind=SignUp.Kind.STILL, subscriber=OuterRef("subscriber"))
    asked = questions.filter(newsletter=OuterRef("newsletter"), requested_at__gte=OuterRef("heard_at"))
    today = questions.filter(requested_at__gt=now - DAY)
    is_not_paused = Q(paused_until=None) | Q(paused_until__lte=localdate(now))
    consented = Subscription.objects.filter(basis=Subscription.Basis.CONSENT)
    return consented.filter(asleep(now=now), ~Exists(asked), ~Exists(today), is_not_paused)


@transaction.atomic
def _ask(subscription: Subscription, *, now: datetime) -> bool:
    """Note the question, unless the reader did something or was asked by another clock at the same moment."""
    subscriber = subscription.subscriber
    SignUp.objects.lock(mailbox=subscriber.mailbox)
    if not subscription.lock() or not not_asked(now=now).filter(pk=subscription.pk).exists():
        return False
    SignUp.objects.create(
        kind=SignUp.Kind.STILL,
        email=subscriber.email,
        subscriber=subscriber,
        newsletter=subscription.newsletter,
        locale=subscription.locale,
        theme_set=subscription.theme_set,
        source=ConsentSource.QUESTION,
        requested_at=now,
        mail_due_at=now,
    )
    return True
