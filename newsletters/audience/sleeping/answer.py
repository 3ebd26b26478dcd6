"""A sleeping reader answers that they still want the newsletter."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletters.audience.actions.set_aside import restore
from newsletters.models import ConsentEvent, ConsentSource, SignUp, Subscription


@transaction.atomic
def still_wanted(question: SignUp, *, wording: str, now: datetime) -> bool:
    """Note the sign of life, and in the ledger once that they still want it; return False if they left meanwhile.

    `wording` is what they were asked beside the button. What was set aside is restored; a pause goes on.
    """
    SignUp.objects.lock(mailbox=question.mailbox)
    owned = Subscription.objects.filter(subscriber=question.subscriber_id, newsletter=question.newsletter_id)
    subscription = owned.first()
    if subscription is None or not subscription.lock() or subscription.status == Subscription.Status.ENDED:
        return False
    restore(subscription, user=None, note="", source=ConsentSource.QUESTION, now=now)
    subscription.heard_at = now
    subscription.save(update_fields=["heard_at"])
    waiting = SignUp.objects.filter(pk=question.pk, status=SignUp.Status.WAITING)
    if waiting.update(status=SignUp.Status.CONFIRMED, mail_due_at=None):
        ConsentEvent.objects.create(
            subscription=subscription,
            kind=ConsentEvent.Kind.RENEWED,
            source=ConsentSource.QUESTION,
            language=subscription.locale.language_code,
            themes=subscription.theme_set.key,
            wording=wording,
            sign_up=question,
            message_id=question.message_id,
            reply=question.reply,
            at=now,
        )
    return True
