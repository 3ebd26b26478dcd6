"""The state of a dispatch in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from newsletters.models import Delivery, Dispatch, Subscription


def had_no_copy_of(issue_pk: int, subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """Return the subscriptions to which no copy of the issue has gone out or may have gone out."""
    copies = Delivery.objects.filter(issue=issue_pk, subscription=OuterRef("pk"), status__in=Delivery.GONE_OUT)
    return subscriptions.filter(~Exists(copies))


def due_deliveries(dispatch: Dispatch, *, now: datetime) -> QuerySet[Delivery]:
    """Return the deliveries that are due now; rate limits may still hold them back."""
    is_due = Q(status=Delivery.Status.READY) | Q(status=Delivery.Status.DEFERRED, due_at__lte=now)
    return Delivery.objects.filter(is_due, dispatch=dispatch)


@dataclass(frozen=True, kw_only=True)
class LedgerStatus:
    """How many deliveries of a dispatch are in each state; the counts add up to the audience."""

    audience: int
    counts: dict[str, int]
    excluded: dict[str, int]
    dispatch_status: str = ""  # empty in what an earlier version left in the cache

    @property
    def waiting(self) -> int:
        """How many may still be sent without anybody's doing."""
        return sum(self.counts[status] for status in Delivery.WAITING)

    @property
    def settled(self) -> int:
        """How many need nothing more."""
        return self.audience - self.waiting

    @property
    def stranded(self) -> int:
        """How many wait in a closed dispatch; those in flight when it was cancelled still get an answer."""
        match self.dispatch_status:
            case Dispatch.Status.FINISHED:
                return self.waiting
            case Dispatch.Status.CANCELLED:
                return self.waiting - self.counts[Delivery.Status.IN_FLIGHT]
        return 0

    @property
    def adds_up(self) -> bool:
        """Whether the states account for everybody, and nobody waits for a dispatch that is closed."""
        return sum(self.counts.values()) == self.audience and not self.stranded


def ledger_status(dispatch: Dispatch) -> LedgerStatus:
    """Count the dispatch's deliveries by state; excluded ones by reason too. One query, of one index."""
    rows = Delivery.objects.filter(dispatch=dispatch).values_list("status", "reason").order_by()
    counts, excluded = dict.fromkeys(Delivery.Status.values, 0), {}
    for status, reason, count in rows.annotate(count=Count("*")):
        counts[status] += count
        if reason:
            excluded[reason] = count
    return LedgerStatus(audience=dispatch.audience, counts=counts, excluded=excluded, dispatch_status=dispatch.status)
