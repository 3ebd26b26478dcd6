"""How many readers there are, for those who may not see who they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.utils.timezone import localtime, make_aware
from wagtail.coreutils import get_content_languages

from newsletters.models import ConsentEvent, Newsletter, Subscription

Kind = ConsentEvent.Kind
Status = Subscription.Status
MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class NewsletterNumbers:
    """A newsletter's subscriptions by state, and its active ones by the name of the language.

    `is_exact` says whether the user may see them however few they are.
    """

    name: str
    is_exact: bool
    active: int
    paused: int
    ended: int
    set_aside: int
    languages: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class MonthNumbers:
    """How many subscriptions were confirmed and how many ended in a month."""

    begins_at: datetime
    joined: int
    left: int


def numbers_by_newsletter(
    newsletters: Collection[Newsletter], *, exact: Collection[Newsletter], now: datetime
) -> list[NewsletterNumbers]:
    """Return the numbers of each of these newsletters that has a subscription; those of `exact` however few."""
    is_paused = Q(paused_until__gt=localtime(now).date(), paused_until__isnull=False)
    counted = (
        Subscription.objects.filter(newsletter__in=newsletters)
        .values_list("newsletter__name", "locale__language_code")
        .annotate(
            active=Count("pk", filter=Q(status=Status.ACTIVE) & ~is_paused),
            paused=Count("pk", filter=Q(status=Status.ACTIVE) & is_paused),
            set_aside=Count("pk", filter=Q(status__in=Subscription.SET_ASIDE)),
            ended=Count("pk", filter=Q(status=Status.ENDED)),
        )
    )
    names, found = get_content_languages(), list(counted.order_by("newsletter__name", "locale__language_code"))
    exact_names, numbers = {newsletter.name for newsletter in exact}, []
    for newsletter in dict.fromkeys(row[0] for row in found):
        rows = [row for row in found if row[0] == newsletter]
        active, paused, set_aside, ended = (sum(row[place] for row in rows) for place in range(2, 6))
        numbers.append(
            NewsletterNumbers(
                name=newsletter,
                is_exact=newsletter in exact_names,
                active=active,
                paused=paused,
                set_aside=set_aside,
                ended=ended,
                languages={names.get(row[1], row[1]): row[2] for row in rows},
            )
        )
    return numbers


def numbers_by_month(newsletters: Collection[Newsletter], *, now: datetime) -> list[MonthNumbers]:
    """Return the last MONTHS months with this one, the oldest first; people who were erased since are not counted."""
    today = localtime(now).date()
    counted = [today.year * 12 + today.month - 1 - back for back in reversed(range(MONTHS))]
    months = [make_aware(datetime(count // 12, count % 12 + 1, 1)) for count in counted]  # noqa: DTZ001 - made aware
    rows = (
        ConsentEvent.objects.filter(at__gte=months[0], subscription__newsletter__in=newsletters)
        .order_by()
        .values_list(TruncMonth("at"))
        .annotate(
            joined=Count("pk", filter=Q(kind__in=[Kind.CONFIRMED, Kind.RETURNED])),
            left=Count("pk", filter=Q(kind=Kind.WITHDRAWN)),
        )
    )
    found = {(month.year, month.month): (joined, left) for month, joined, left in rows}
    numbers = []
    for month in months:
        joined, left = found.get((month.year, month.month), (0, 0))
        numbers.append(MonthNumbers(begins_at=month, joined=joined, left=left))
    return numbers
