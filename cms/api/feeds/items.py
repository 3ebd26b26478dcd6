"""A feed as JSON Feed 1.1 defines it (https://jsonfeed.org/version/1.1); RSS and Atom are written from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import get_default_timezone_name, localtime
from pydantic import ConfigDict, Field
from wagtail.models import Site

from cms.api.build import build_contents
from cms.api.plain_html import blocks_html, one_line, printable
from cms.api.schemas import PageContent, PageSummary
from cms.api.values import Value
from cms.models import HubPage
from cms.plugins import FeedText
from cms.plugins.fences import fenced
from cms.plugins.registry import page_types
from cms.values.local_time import shown_time, zone_name


class FeedAuthor(Value):
    """Who is behind a feed."""

    name: str = Field(description="The site's name.", examples=["Innovation Hub"])
    url: str = Field(description="The address of its front page.", examples=["https://hub.example.org/en/"])


class FeedItem(Value):
    """A page in a feed."""

    # JSON Feed leaves out what an item does not have.
    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    id: str = Field(
        description="The item's key for feed readers, which stays the same when the page moves; not an address.",
        examples=["https://hub.example.org/api/v1/pages/12"],
    )
    url: str = Field(
        description="The page's full address on the site.",
        examples=["https://hub.example.org/en/themes/data/open-data/"],
    )
    title: str = Field(description="The page's title.", examples=["Open data in practice"])
    content_html: str = Field(
        description="The whole text as plain HTML with absolute links; may be empty.",
        examples=["<p>How partners share what they know.</p>"],
    )
    summary: str = Field(
        description="One or two sentences of plain text; may be empty.", examples=["How partners share what they know."]
    )
    image: str | None = Field(
        default=None,
        description="The full address of the page's picture.",
        examples=["https://hub.example.org/media/images/canal.width-1600.jpg"],
    )
    date_published: datetime | None = Field(
        default=None, description="When the page was first published.", examples=["2026-11-02T09:30:00Z"]
    )
    date_modified: datetime | None = Field(
        default=None, description="When the page was last published.", examples=["2026-11-03T10:00:00Z"]
    )
    tags: list[str] = Field(description="The names of the page's themes and tags.", examples=[["Data", "maps"]])
    language: str = Field(description="The code of the item's language.", examples=["en"])


class Feed(Value):
    """The newest pages, for feed readers (JSON Feed 1.1)."""

    version: str = Field(
        description="Says that this is a JSON Feed, and of which version.",
        examples=["https://jsonfeed.org/version/1.1"],
    )
    title: str = Field(
        description="The site's name, and what the feed is narrowed to.", examples=["Innovation Hub: Articles, Data"]
    )
    home_page_url: str = Field(
        description="The full address of the site's front page in the feed's language.",
        examples=["https://hub.example.org/en/"],
    )
    feed_url: str = Field(
        description="The feed's own full address.", examples=["https://hub.example.org/api/v1/feed.json"]
    )
    language: str = Field(description="The code of the feed's language.", examples=["en"])
    authors: list[FeedAuthor] = Field(description="Who is behind the feed.")
    items: list[FeedItem] = Field(description="The pages, newest first.")


def build_items(*, pages: Sequence[HubPage], language: str, site: Site, now: datetime) -> list[FeedItem]:
    """Return the feed's items on these specific pages, in their order; the number of queries is fixed."""
    contents = build_contents(pages=pages, site=site, now=now)
    texts = _texts(pages, language)
    return [
        _item(content, text=texts.get(content.id) or _own_text(page, content), language=language, site=site)
        for page, content in zip(pages, contents, strict=True)
    ]


def item_id(*, site: Site, page_id: int) -> str:
    """Return the key of the page's item for feed readers, which stays the same when the page moves."""
    return f"{site.root_url}/api/v1/pages/{page_id}"


def labels(page: PageSummary) -> list[str]:
    """Return the names of the page's themes, cross-cutting themes and tags."""
    return [one_line(label.name) for labels in (page.themes, page.cross_cutting, page.tags) for label in labels]


def _texts(pages: Sequence[HubPage], language: str) -> dict[int, FeedText]:
    """Return the texts of the pages whose types keep them elsewhere."""
    by_type: defaultdict[type[HubPage], list[HubPage]] = defaultdict(list)
    for page in pages:
        by_type[type(page)].append(page)
    found: dict[int, FeedText] = {}
    for model, pages_of_type in by_type.items():
        feed = page_types()[model].feed
        if feed and feed.texts:
            nothing: Mapping[int, FeedText] = {}
            texts = partial(feed.texts, pages_of_type, language)
            label = model._meta.label
            found |= fenced("feed", texts, of=page_types()[model], about=label, otherwise=nothing)
    return found


def _own_text(page: HubPage, content: PageContent) -> FeedText:
    with translation.override(content.locale):
        when = _when_and_where(page)
    html = blocks_html(content.body, base=content.url, language=content.locale)
    return FeedText(title=content.title, summary=content.summary, html=f"{when}{html}")


def place_of(page: HubPage) -> str:
    """Return the place of the event that the page announces, in the active language; empty if there is none."""
    page_type = page_types()[type(page)]
    entry = page_type.calendar
    return fenced("place", lambda: str(entry.place(page)), of=page_type, about=page, otherwise="") if entry else ""


def _when_and_where(page: HubPage) -> str:
    """Return a paragraph on the event that the page announces, in the active language; empty if there is none."""
    entry = page_types()[type(page)].calendar
    if entry is None:
        return ""
    zone = fenced("time zone", partial(entry.time_zone, page), of=page_types()[type(page)], about=page, otherwise=None)
    times = (localtime(getattr(page, name), zone) for name in (entry.starts_at, entry.ends_at))
    shown = dict.fromkeys(shown_time(time, date_format(time, "DATETIME_FORMAT")) for time in times)  # no duplicates
    named = f" ({zone_name(zone)})" if zone and zone.key != get_default_timezone_name() else ""
    return format_html("<p>{}{}<br>{}</p>", " – ".join(shown), named, place_of(page))


def _item(content: PageContent, *, text: FeedText, language: str, site: Site) -> FeedItem:
    return FeedItem(
        id=item_id(site=site, page_id=content.id),
        url=content.url,
        title=one_line(text.title),
        content_html=printable(text.html),
        summary=one_line(text.summary),
        image=content.image.src if content.image else None,
        date_published=content.published_at,
        date_modified=content.updated_at,
        tags=labels(content),
        language=language,
    )
