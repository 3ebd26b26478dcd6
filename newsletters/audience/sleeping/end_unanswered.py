"""End the subscriptions of readers who slept, were asked, and did not answer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.retention import unanswered
from newsletters.conf import conf
from newsletters.models import ConsentSource, SignUp, Subscription


def end_unanswered(*, now: datetime) -> int:
    """End what nobody asked to keep within ANSWER_DAYS, CLAIM_SIZE at a time; return how many."""
    return sum(_end(question, now=now) for question in unanswered(now)[: conf.CLAIM_SIZE])


@transaction.atomic
def _end(question: SignUp, *, now: datetime) -> bool:
    """End it, unless the reader answered while others were ended: that locks the question first."""
    SignUp.objects.lock(mailbox=question.mailbox)
    if not unanswered(now).filter(pk=question.pk).exists():
        return False
    subscription = Subscription.objects.get(subscriber=question.subscriber_id, newsletter=question.newsletter_id)
    return unsubscribe(subscription, source=ConsentSource.SILENCE, now=now)
