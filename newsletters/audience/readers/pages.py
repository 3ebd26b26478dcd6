"""One page of the list of readers, the newest first: it costs the same on the first page and on the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from newsletters.audience.readers.conditions import Conditions, matching
from newsletters.models import Subscriber, Subscription

PER_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class ReaderPage:
    """Readers with their subscriptions, and the keys from which the pages before and after it go on, if there are any.

    Nobody counts the whole list: on a million rows that alone would take longer than the page may.
    """

    readers: Sequence[Subscriber]
    newer_than: int | None
    older_than: int | None


def page_of(
    conditions: Conditions, *, older_than: int | None = None, newer_than: int | None = None, now: datetime
) -> ReaderPage:
    """Return the page of those older than the reader with this key, or newer than that one, or the first page."""
    found = matching(conditions, older_than=older_than, newer_than=newer_than, now=now)
    if newer_than is not None:
        rows = list(_loaded(found.order_by("pk"))[: PER_PAGE + 1])
        readers, is_more = rows[:PER_PAGE][::-1], len(rows) > PER_PAGE
        has_newer, has_older = is_more, True
    else:
        rows = list(_loaded(found.order_by("-pk"))[: PER_PAGE + 1])
        readers, is_more = rows[:PER_PAGE], len(rows) > PER_PAGE
        has_newer, has_older = older_than is not None, is_more
    return ReaderPage(
        readers=readers,
        newer_than=readers[0].pk if readers and has_newer else None,
        older_than=readers[-1].pk if readers and has_older else None,
    )


def _loaded(found: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
    owned = Subscription.objects.select_related("newsletter", "locale", "theme_set").order_by("newsletter__name")
    return found.prefetch_related(Prefetch("subscriptions", owned.prefetch_related("theme_set__themes__names__locale")))
