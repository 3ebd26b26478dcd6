"""What the newsletter's views, tasks and commands read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language
from wagtail.models import Locale

from cms.models import Theme
from newsletters.models import Approval, Delivery, Dispatch, IssuePage, Newsletter, Subscription, ThemeSet


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A language and a set of themes that occurs in the audience, with its number of people."""

    locale: Locale
    theme_set: ThemeSet
    people: int

    @property
    def followed(self) -> frozenset[str]:
        """The slugs of the themes in the set."""
        return frozenset(self.theme_set.key.split())

    @property
    def key(self) -> tuple[int, int]:
        """The keys of language and set of themes."""
        return self.locale.pk, self.theme_set.pk


def audience(newsletter: Newsletter) -> Any:
    """Return the subscriptions that an issue sent now would go to."""
    return Subscription.objects.filter(
        newsletter=newsletter,
        status=Subscription.Status.ACTIVE,
        locale__newsletter_texts__newsletter=newsletter,
    )


def had_no_copy_of(issue_pk: int, subscriptions: Any) -> Any:
    """Return those of the subscriptions to which no copy of the issue has gone out, nor may have."""
    copies = Delivery.objects.filter(issue=issue_pk, subscription=OuterRef("pk"), status__in=Delivery.GONE_OUT)
    return subscriptions.filter(~Exists(copies))


def variants(newsletter: Newsletter) -> list[Variant]:
    """Return the variants of the newsletter's audience, the most read first."""
    rows = audience(newsletter).values("locale", "theme_set").annotate(people=Count("*")).order_by("-people")
    locales, theme_sets = Locale.objects.in_bulk(), ThemeSet.objects.in_bulk()
    return [
        Variant(locale=locales[row["locale"]], theme_set=theme_sets[row["theme_set"]], people=row["people"])
        for row in rows
    ]


def readers_left_out(newsletter: Newsletter, locales: Collection[Locale]) -> dict[str, int]:
    """Return how many get the newsletter in each of these languages, by its code."""
    people = audience(newsletter).filter(locale__in=locales).values_list("locale").order_by().annotate(Count("pk"))
    counts = dict(people) if locales else {}
    return {locale.language_code: counts.get(locale.pk, 0) for locale in locales}


def theme_names() -> dict[str, str]:
    """Return the themes' names by slug, in order, in the language of whoever reads them."""
    language = get_language() or "en"
    return {theme.slug: theme.name_in(language) for theme in Theme.objects.prefetch_related("names__locale")}


def last_dispatch(newsletter: Newsletter) -> Dispatch | None:
    """Return the newsletter's newest dispatch that was not cancelled."""
    return newsletter.dispatches.exclude(status=Dispatch.Status.CANCELLED).select_related("issue").first()


def current_dispatch(issue: IssuePage) -> Dispatch | None:
    """Return the issue's dispatch, None if it was never sent or its sending was cancelled."""
    return issue.dispatches.exclude(status=Dispatch.Status.CANCELLED).first()


def newest_approval(issue: IssuePage) -> Approval | None:
    """Return who approved the issue last, whatever has changed since."""
    return issue.approvals.select_related("approved_by").first()


def due_deliveries(dispatch: Dispatch, *, now: datetime) -> QuerySet[Delivery]:
    """Return what a worker may take up now, as far as the dispatch itself goes: its speed may still keep it back."""
    is_due = Q(status=Delivery.Status.READY) | Q(status=Delivery.Status.DEFERRED, due_at__lte=now)
    return Delivery.objects.filter(is_due, dispatch=dispatch)


@dataclass(frozen=True, kw_only=True)
class LedgerStatus:
    """How a dispatch stands: a count for each state; they add up to the audience."""

    audience: int
    counts: dict[str, int]
    excluded: dict[str, int]
    dispatch_status: str = ""  # what an earlier version left in the cache has none

    @property
    def waiting(self) -> int:
        """How many may still go out by themselves."""
        return sum(self.counts[status] for status in Delivery.WAITING)

    @property
    def settled(self) -> int:
        """How many need nothing more."""
        return self.audience - self.waiting

    @property
    def stranded(self) -> int:
        """How many wait in a closed dispatch; what was in flight when it was cancelled still gets its answer."""
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
