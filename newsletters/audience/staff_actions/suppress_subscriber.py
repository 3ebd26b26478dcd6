"""Never mail a reader again, because they asked staff for that."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.erased_journal import add_to_journal
from newsletters.models import SignUp, Subscriber, Suppression
from newsletters.models.audience.suppression import mailbox_digest
from newsletters.publications.permissions import require_permission


@transaction.atomic
def suppress_subscriber(subscriber: Subscriber, *, user: User | AnonymousUser, now: datetime) -> None:
    """End all subscriptions, close what waits to be confirmed, and put the mailbox on the suppression list.

    Only the owner of the mailbox can undo this, by subscribing and confirming. Raises NotAllowed, and OSError if the
    journal cannot be written.
    """
    require_permission(user, "change_subscription")
    SignUp.objects.lock(mailbox=subscriber.mailbox).close()
    for subscription in subscriber.subscriptions.order_by("pk"):
        end_subscription(subscription, user=user, now=now)
    reason = Suppression.Reason.ASKED
    Suppression.add(subscriber.email, reason=reason, now=now)
    add_to_journal(mailbox_digest(subscriber.email), reason=reason, is_erased=False, now=now)
    log(subscriber, "hub_newsletters.suppress", user=user, title=f"{subscriber.pk}")
