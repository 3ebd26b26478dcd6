"""What mail servers and readers answer ends in the reader's state: dead addresses and complaints are set aside."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from newsletters.audience.actions.set_aside import set_aside
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Subscription
from newsletters.values.remarks import without_addresses

BounceClass = Delivery.BounceClass
Status = Delivery.Status

SOFT = (BounceClass.FULL, BounceClass.LATER, BounceClass.OTHER)
LOOK_BACK = timedelta(days=30)  # at dispatches that were begun within this time: a bounce seldom comes later


def heed_refusals(*, now: datetime) -> int:
    """Set aside who cannot be reached or complained, by the answers that came after their last change; return how many.

    One refusal that says that nobody has the address is enough, and one complaint. Other refusals count once
    SOFT_REFUSALS issues in a row were refused for good: a full mailbox may be emptied. Refusals that are our own fault
    never do.
    """
    answers = _answers(Dispatch.objects.filter(created_at__gt=now - LOOK_BACK))
    refused = answers.filter(status__in=[Status.REJECTED, Status.BOUNCED])
    return (
        _set_aside(answers.filter(status=Status.COMPLAINED), status=Subscription.Status.COMPLAINED, now=now)
        + _set_aside(refused.filter(bounce_class=BounceClass.HARD), status=Subscription.Status.BOUNCED, now=now)
        + _set_aside(_refused_in_a_row(refused), status=Subscription.Status.BOUNCED, now=now)
    )


def _answers(dispatches: QuerySet[Dispatch]) -> QuerySet[Delivery]:
    """Return what servers answered for active subscriptions since their state changed last."""
    return Delivery.objects.alias(answered_at=Coalesce("came_back_at", "settled_at")).filter(
        dispatch__in=dispatches,
        subscription__status=Subscription.Status.ACTIVE,
        answered_at__gt=F("subscription__status_changed_at"),
    )


def _refused_in_a_row(refused: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return the refusals of those whom the last SOFT_REFUSALS issues did not reach."""
    reached = Delivery.objects.filter(subscription=OuterRef("subscription"), status=Status.ACCEPTED)
    last_reached = Subquery(reached.order_by("-pk").values("pk")[:1])
    soft = refused.filter(bounce_class__in=SOFT).filter(pk__gt=Coalesce(last_reached, 0))
    often = soft.order_by().values("subscription").annotate(issues=Count("issue", distinct=True))
    return soft.filter(subscription__in=often.filter(issues__gte=conf.SOFT_REFUSALS).values("subscription"))


def _set_aside(deliveries: QuerySet[Delivery], *, status: Subscription.Status, now: datetime) -> int:
    rows = deliveries.select_related("subscription__locale", "subscription__theme_set")
    return sum(
        set_aside(delivery.subscription, status=status, note=without_addresses(delivery.reply), now=now)
        for delivery in rows
        if delivery.subscription
    )
