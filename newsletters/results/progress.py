"""The progress of a dispatch, for the page that staff watch: counts, speed, time left, errors by kind, mails over time.

All of it takes a few queries on indexes, whatever the number of readers. For a big audience even that takes a while,
so repeated requests are answered from a cache for twenty times as long as the counting took.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Substr, Trunc
from django.utils.functional import cached_property

from newsletters.models import Delivery, Dispatch
from newsletters.sending.ledger.status import LedgerStatus, ledger_status
from newsletters.values.remarks import in_words, without_addresses

Status = Delivery.Status
ACCEPTED = (Status.ACCEPTED, Status.BOUNCED, Status.COMPLAINED)
FAILED = (Status.REJECTED, Status.DEFERRED, Status.UNCERTAIN, Status.BOUNCED)
RATE_OVER = timedelta(minutes=2)
MOST_BARS = 120
CHEAP = 20  # counting takes at most one second in so many
FAMILY = re.compile(r"^[245]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3})?")
BEGINNING = 16  # characters at the start of a reply, which contain its family or our own code


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Deliveries in the same state, with replies of the same class and family; the class is empty without a reply."""

    bounce_class: str
    family: str
    status: Status
    count: int

    @property
    def words(self) -> str:
        """The family in words for people."""
        return in_words(self.family)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The progress of a dispatch. `bars` are the starts of minutes, hours or days, each with its accepted mails."""

    ledger: LedgerStatus
    per_minute: float
    failures: list[Failures]
    bars: list[tuple[datetime, int]]
    unit: str

    @property
    def percent(self) -> int:
        """How much is settled, in whole percent; 100 only if everything is."""
        return 100 * self.ledger.settled // self.ledger.audience if self.ledger.audience else 100

    @cached_property
    def time_left(self) -> timedelta | None:
        """How long the rest takes at the current speed; None if nothing is being sent or nothing waits."""
        if not self.per_minute or not self.ledger.waiting:
            return None
        return timedelta(minutes=self.ledger.waiting / self.per_minute)


def progress_of(dispatch: Dispatch, *, now: datetime) -> Progress:
    """Return the current progress of the dispatch: four queries."""
    deliveries = Delivery.objects.filter(dispatch=dispatch)
    bars, unit = _bars(dispatch, deliveries, now=now)
    return Progress(
        ledger=ledger_status(dispatch),
        per_minute=_rate(dispatch, deliveries, now=now),
        failures=_failures(deliveries),
        bars=bars,
        unit=unit,
    )


def recent_progress_of(dispatch: Dispatch, *, now: datetime) -> Progress:
    """Return the progress of the dispatch, which may be a moment old."""
    key = f"hub_newsletters.progress.{dispatch.pk}.{dispatch.status}"
    progress: Progress | None = cache.get(key)
    if progress is None:
        begin = perf_counter()
        progress = progress_of(dispatch, now=now)
        cache.set(key, progress, timeout=max(1, CHEAP * (perf_counter() - begin)))
    return progress


def family_of(reply: str) -> str:
    """Return the codes at the start of a reply, such as `550 5.1.1`, or our own code if it is not from a server."""
    found = FAMILY.match(reply)
    return found[0] if found else without_addresses(reply.partition(":")[0])


def _rate(dispatch: Dispatch, deliveries: QuerySet[Delivery], *, now: datetime) -> float:
    if dispatch.status != Dispatch.Status.SENDING:
        return 0
    since = max(now - RATE_OVER, dispatch.created_at)
    minutes = max((now - since).total_seconds(), 1) / 60
    return deliveries.filter(settled_at__gt=since, status__in=ACCEPTED).count() / minutes


def _failures(deliveries: QuerySet[Delivery]) -> list[Failures]:
    failed = deliveries.filter(Q(status__in=FAILED) | Q(status=Status.EXCLUDED, reason=Delivery.Reason.UNSENDABLE))
    found: Counter[tuple[str, str, str]] = Counter()
    beginnings = failed.annotate(beginning=Substr("reply", 1, BEGINNING))
    rows = beginnings.values_list("bounce_class", "beginning", "status").order_by().annotate(count=Count("pk"))
    for bounce_class, beginning, status, count in rows:
        found[bounce_class, family_of(beginning), status] += count
    failures = [
        Failures(bounce_class=bounce_class, family=family, status=Status(status), count=count)
        for (bounce_class, family, status), count in found.items()
    ]
    return sorted(failures, key=lambda failure: (-failure.count, failure.family, failure.status))


def _bars(
    dispatch: Dispatch, deliveries: QuerySet[Delivery], *, now: datetime
) -> tuple[list[tuple[datetime, int]], str]:
    """Count accepted mails by minute, hour or day, so that there are not too many bars; gaps are zeros."""
    span = (dispatch.finished_at or now) - dispatch.created_at
    steps = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
    unit = next((name for name, step in steps.items() if span <= MOST_BARS * step), "day")
    accepted = deliveries.filter(status__in=ACCEPTED, settled_at__isnull=False)
    counted: dict[datetime, int] = dict(
        accepted.annotate(at=Trunc("settled_at", unit)).values_list("at").order_by("at").annotate(Count("pk"))
    )
    if not counted:
        return [], unit
    first, last = min(counted), max(counted)
    number = min(round((last - first) / steps[unit]) + 1, 2 * MOST_BARS)
    moments = [first + steps[unit] * index for index in range(number)]
    by_moment = {moment: counted.pop(moment, 0) for moment in moments} | counted  # days differ when clocks change
    return sorted(by_moment.items()), unit
