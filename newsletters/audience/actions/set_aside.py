"""Set a subscription aside because mail does not arrive or is called spam, and bring it back."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import ConsentEvent, ConsentSource, Delivery, Subscription
from newsletters.publications.permissions import require_permission
from newsletters.sending import ledger

Kind = ConsentEvent.Kind
Status = Subscription.Status


@transaction.atomic
def set_aside(subscription: Subscription, *, status: Status, note: str, now: datetime) -> bool:
    """Send no more mail for this subscription; return False if it was not active.

    `status` is one of `Subscription.SET_ASIDE`; `note` says why, such as the mail server's reply without the address.
    """
    if not subscription.lock() or subscription.status != Status.ACTIVE:
        return False
    subscription.change_status(status, now=now)
    subscription.save()
    ledger.exclude_unsubscribed(subscription.pk, reason=Delivery.Reason.SET_ASIDE, now=now)
    ConsentEvent.add(subscription, kind=Kind.SET_ASIDE, source=ConsentSource.MAIL_SERVER, note=note, now=now)
    return True


@transaction.atomic
def restore(
    subscription: Subscription,
    *,
    user: User | AnonymousUser | None,
    note: str,
    source: ConsentSource = ConsentSource.PERSON,
    now: datetime,
) -> bool:
    """Make a subscription that was set aside active again; return False if it was not set aside.

    `user` is the member of staff, None if it is the reader, who said so at `source`; `note` says why. Raises
    NotAllowed.
    """
    if user is not None:
        require_permission(user, "change_subscription")
    if not subscription.lock() or subscription.status not in Subscription.SET_ASIDE:
        return False
    subscription.change_status(Status.ACTIVE, now=now)
    if user is None:
        subscription.heard_at = now
    subscription.save()
    if user is not None:
        log(subscription, "hub_newsletters.restore", user=user, title=f"{subscription.pk}")
    staff = user if isinstance(user, User) else None
    source = source if user is None else ConsentSource.ADMIN
    ConsentEvent.add(subscription, kind=Kind.RESTORED, source=source, note=note, user=staff, now=now)
    return True
