"""Erase a person: everything that says who they are goes, and a keyed digest keeps them from being brought back."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.erased_journal import add_to_journal
from newsletters.audience.imports.forgetting import forget_in_imports
from newsletters.models import Delivery, SignUp, Subscriber, Subscription, Suppression
from newsletters.models.audience.announcing import announce_erased
from newsletters.models.audience.suppression import mailbox_digest
from newsletters.publications.permissions import require_permission
from newsletters.sending import ledger
from newsletters.values.addresses import mailbox_of


@transaction.atomic
def erase_subscriber(
    subscriber: Subscriber,
    *,
    user: User | AnonymousUser | None,
    reason: Suppression.Reason = Suppression.Reason.ERASED,
    now: datetime,
) -> None:
    """Delete the subscriber with all subscriptions, consents and requests; mails that are not sent yet are not sent.

    `user` is the member of staff who does it, None if it is the person themselves or the clock. Deliveries stay, as
    numbers without a person: without them no dispatch could be accounted for. Raises NotAllowed, and OSError if the
    journal of erased addresses cannot be written.
    """
    if user is not None:
        require_permission(user, "delete_subscriber")
    SignUp.objects.lock(mailbox=subscriber.mailbox)
    current = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if current is None:
        return  # somebody was faster
    subscriber = current  # with the address of today
    subscriptions = list(Subscription.objects.select_for_update().filter(subscriber=subscriber).order_by("pk"))
    for subscription in subscriptions:
        ledger.exclude_unsubscribed(subscription.pk, now=now)
    Delivery.objects.filter(subscription__in=subscriptions).exclude(reply="").update(reply="")
    former = SignUp.objects.filter(subscriber=subscriber, kind=SignUp.Kind.UNDO).values_list("email", flat=True)
    for email in [subscriber.email, *former]:  # a backup may have them under an address from before
        forget_in_imports(mailbox_of(email), subscriber=subscriber, now=now)
        add_to_journal(mailbox_digest(email), reason=reason, now=now)
    SignUp.objects.filter(mailbox=subscriber.mailbox).delete()
    Suppression.add(subscriber.email, reason=reason, now=now)
    if user is not None:
        # Without the address: the log is kept.
        log(subscriber, "hub_newsletters.erase", user=user, title=f"{subscriber.pk}")
    subscriber.delete()
    announce_erased([subscriber.public_id], now=now)
