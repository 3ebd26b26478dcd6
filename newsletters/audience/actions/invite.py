"""Invite somebody to subscribe on behalf of staff; they confirm by mail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.actions.request_subscription import request_subscription
from newsletters.conf import conf
from newsletters.exceptions import NotInvited
from newsletters.models import ConsentSource, Newsletter, SignUp, Subscription, Suppression
from newsletters.publications.permissions import require_permission
from newsletters.values.addresses import mailbox_of
from newsletters.values.subscriber_details import SubscriberDetails


@transaction.atomic
def invite(
    *,
    newsletter: Newsletter,
    details: SubscriberDetails,
    locale: Locale,
    themes: Collection[Theme],
    basis: Subscription.Basis,
    agreed_on: date | None,
    ground: str,
    user: User | AnonymousUser,
    now: datetime,
) -> SignUp:
    """Note the invitation, with who made it and on what ground, and return it; `answer_sign_up` sends its mail.

    `basis` says whether they agreed elsewhere (`agreed_on` that day) or have a relation with the sender; `ground` is
    the evidence. By confirming, they agree here.

    Raises NotAllowed, and NotInvited for somebody who is subscribed, who left, whose address is suppressed, or who was
    asked within a day.
    """
    require_permission(user, "add_subscription")
    if is_known(details.email, newsletter=newsletter) or was_asked_lately(details.email, now=now):
        raise NotInvited
    sign_up = request_subscription(
        newsletter=newsletter,
        details=details,
        locale=locale,
        themes=themes,
        source=ConsentSource.ADMIN,
        wording="",
        now=now,
    )
    sign_up.invited_by = user if isinstance(user, User) else None
    sign_up.basis, sign_up.agreed_on, sign_up.ground = basis, agreed_on, ground
    sign_up.save(update_fields=["invited_by", "basis", "agreed_on", "ground"])
    # Without the address and the ground, which the log might keep for longer than the person wants.
    log(newsletter, "hub_newsletters.invite", user=user)
    return sign_up


def is_known(email: str, *, newsletter: Newsletter) -> bool:
    """Say whether somebody at this address is subscribed, left, or must not be mailed by staff."""
    owned = Subscription.objects.filter(subscriber__mailbox=mailbox_of(email), newsletter=newsletter)
    return owned.exists() or Suppression.objects.of(email).exists()


def was_asked_lately(email: str, *, now: datetime) -> bool:
    """Say whether this address had its one mail of the day already, or all mails that it may get unused."""
    mailbox = mailbox_of(email)
    today = SignUp.objects.filter(mailbox=mailbox, requested_at__gt=now - timedelta(days=1))
    unused = SignUp.objects.unused(mailbox=mailbox, kind=SignUp.Kind.SUBSCRIPTION)
    lately = unused.filter(mailed_at__gt=now - timedelta(days=conf.CONFIRM_WITHIN_DAYS))
    return today.exists() or lately.count() >= conf.MOST_CONFIRMATIONS
