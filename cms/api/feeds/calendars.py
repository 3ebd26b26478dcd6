"""Coming events as an iCalendar (RFC 5545 and 7986)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.utils import translation
from icalendar import STATUS, Calendar, Event, vText
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from cms.api.build import build_summaries
from cms.api.feeds.items import item_id, labels, place_of
from cms.api.plain_html import one_line, printable
from cms.api.schemas import PageSummary
from cms.content.queries import in_language, load_keys
from cms.models import HubPage
from cms.plugins.registry import page_types

# How long a calendar that people subscribe to keeps past events.
KEPT_FOR = timedelta(days=30)
REFRESH = timedelta(hours=6)


def coming_pages(
    *, public: Callable[[type[Page]], PageQuerySet], language: str, types: Sequence[str], limit: int, now: datetime
) -> list[HubPage]:
    """Return the first specific pages in order of time, without what ended more than `KEPT_FOR` ago.

    `public` returns the pages of a model to choose from; `types` names page types that have a calendar, which take
    one query each.
    """
    found: list[tuple[datetime, int, int]] = []
    for model, page_type in page_types().items():
        entry = page_type.calendar
        if entry and page_type.type in types:
            pages = in_language(public(model), language=language).filter(**{f"{entry.ends_at}__gte": now - KEPT_FOR})
            found += pages.order_by(entry.starts_at, "pk").values_list(entry.starts_at, "pk", "content_type")[:limit]
    return load_keys({key: kind for _, key, kind in sorted(found)[:limit]}, bodies=False)


def build_calendar(
    *, pages: Sequence[HubPage], title: str, language: str, url: str, source: str, site: Site, now: datetime
) -> bytes:
    """Return the pages as a calendar; `url` is the site's address, `source` the calendar's own."""
    calendar = Calendar.new(
        prodid="-//Innovation Hub//Content API//EN",
        uid=str(uuid5(NAMESPACE_URL, source)),
        language=language,
        url=url,
    )
    # Neither has a type by default: VALUE says which (RFC 7986, sections 5.7 and 5.8).
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("source", source, parameters={"VALUE": "URI"})
    for name in ("name", "x-wr-calname"):
        calendar.add(name, vText(title))
    summaries = build_summaries(pages=pages, site=site, now=now)
    by_key = {page.pk: page for page in pages}
    for summary in summaries:
        with translation.override(summary.locale):
            calendar.add_component(_event(by_key[summary.id], summary, site=site))
    return calendar.to_ical()


def _event(page: HubPage, summary: PageSummary, *, site: Site) -> Event:
    entry = page_types()[type(page)].calendar
    assert entry is not None  # noqa: S101  # `coming_pages` made sure
    starts_at, ends_at = getattr(page, entry.starts_at), getattr(page, entry.ends_at)
    changed_at = summary.updated_at or summary.published_at or starts_at
    return Event.new(
        uid=str(uuid5(NAMESPACE_URL, item_id(site=site, page_id=summary.id))),
        stamp=changed_at.astimezone(UTC),
        last_modified=changed_at.astimezone(UTC),
        # Times in UTC need no VTIMEZONE, as nothing here recurs.
        start=starts_at.astimezone(UTC),
        end=ends_at.astimezone(UTC) if ends_at > starts_at else None,  # the end "MUST be later" (3.8.2.2)
        summary=one_line(summary.title),
        description="\n\n".join(part for part in (printable(summary.summary).strip(), summary.url) if part),
        location=one_line(place_of(page)) or None,
        url=summary.url,
        categories=labels(summary),
        status=STATUS.CONFIRMED,
    )
