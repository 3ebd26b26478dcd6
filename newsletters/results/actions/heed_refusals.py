"""What mail servers and readers answer ends in the reader's state: dead addresses and complaints are set aside."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from newsletters.audience.actions.set_aside import set_aside
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Subscription
from newsletters.values.remarks import without_addresses

BounceClass = Delivery.BounceClass
Status = Delivery.Status

SOFT = (BounceClass.FULL, BounceClass.LATER, BounceClass.OTHER)
LOOK_BACK = timedelta(days=30)  # at dispatches that were begun within this time: a bounce seldom comes later
UNDER_WAY = timedelta(hours=1)  # a worker may still send to the former address for so long


def heed_refusals(*, now: datetime) -> int:
    """Set aside who cannot be reached or complained, by the answers that came after their last change; return how many.

    One refusal that says that nobody has the address is enough, and one complaint; that ends all mail to the reader, as
    it is the sender whom they called a spammer. Other refusals count once SOFT_REFUSALS issues in a row were refused
    for good: a full mailbox may be emptied. Refusals that are our own fault never do, and neither does what is said of
    a mail to a former address.
    """
    sent = _sent(Dispatch.objects.filter(created_at__gt=now - LOOK_BACK))
    refused = sent.alias(answered_at=Coalesce("came_back_at", "settled_at")).filter(
        status__in=[Status.REJECTED, Status.BOUNCED],
        subscription__status=Subscription.Status.ACTIVE,
        answered_at__gt=F("subscription__status_changed_at"),
    )
    return (
        _set_aside_complainers(sent, now=now)
        + _set_aside(refused.filter(bounce_class=BounceClass.HARD), now=now)
        + _set_aside(_refused_in_a_row(refused), now=now)
    )


def _sent(dispatches: QuerySet[Dispatch]) -> QuerySet[Delivery]:
    """Return what was sent to the addresses that readers have today."""
    changed_at = F("subscription__subscriber__address_changed_at")
    return Delivery.objects.filter(
        Q(subscription__subscriber__address_changed_at=None) | Q(first_tried_at__gt=changed_at + UNDER_WAY),
        dispatch__in=dispatches,
    )


def _set_aside_complainers(sent: QuerySet[Delivery], *, now: datetime) -> int:
    """Set aside everything that whoever complained gets, except what became active after the complaint."""
    owned = "subscription__subscriber__subscriptions"
    complaints = sent.filter(
        Q(**{f"{owned}__status": Subscription.Status.ACTIVE, "came_back_at__gt": F(f"{owned}__status_changed_at")}),
        status=Status.COMPLAINED,
    )
    about = dict(complaints.values_list(owned, "dispatch__newsletter__name"))
    subscriptions = Subscription.objects.filter(pk__in=about) if about else Subscription.objects.none()
    return sum(
        set_aside(subscription, status=Subscription.Status.COMPLAINED, note=f"spam: {about[subscription.pk]}", now=now)
        for subscription in subscriptions.order_by("pk")
    )


def _refused_in_a_row(refused: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return the refusals of those whom the last SOFT_REFUSALS issues did not reach."""
    reached = Delivery.objects.filter(subscription=OuterRef("subscription"), status=Status.ACCEPTED)
    last_reached = Subquery(reached.order_by("-pk").values("pk")[:1])
    soft = refused.filter(bounce_class__in=SOFT).filter(pk__gt=Coalesce(last_reached, 0))
    often = soft.order_by().values("subscription").annotate(issues=Count("issue", distinct=True))
    return soft.filter(subscription__in=often.filter(issues__gte=conf.SOFT_REFUSALS).values("subscription"))


def _set_aside(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    bounced = Subscription.Status.BOUNCED
    rows = deliveries.select_related("subscription__locale", "subscription__theme_set")
    return sum(
        set_aside(delivery.subscription, status=bounced, note=without_addresses(delivery.reply), now=now)
        for delivery in rows
        if delivery.subscription
    )
