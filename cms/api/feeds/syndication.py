"""A feed as RSS 2.0 and as Atom (RFC 4287), written by Django's feed generators."""

from __future__ import annotations

from collections.abc import Callable
from mimetypes import guess_type
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape
from django.utils.xmlutils import SimplerXMLGenerator

from cms.api.feeds.items import Feed, FeedItem
from cms.api.lookups.images import file_size

CONTENT_NAMESPACE = "http://purl.org/rss/1.0/modules/content/"


class RssFeed(Rss201rev2Feed):
    """RSS 2.0 with the full text of each item besides its summary."""

    def rss_attributes(self) -> dict[str, str]:
        """Return the root's attributes."""
        return super().rss_attributes() | {"xmlns:content": CONTENT_NAMESPACE}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        """Write an item."""
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content:encoded", item["content"])


class AtomFeed(Atom1Feed):
    """Atom with the full text of each item besides its summary."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        """Write an entry."""
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content", item["content"], {"type": "html"})


def to_rss(feed: Feed) -> str:
    """Return the feed as RSS 2.0."""
    return _written(RssFeed, feed)


def to_atom(feed: Feed) -> str:
    """Return the feed as Atom."""
    return _written(AtomFeed, feed)


def _written(generator_class: Callable[..., SyndicationFeed], feed: Feed) -> str:
    generator = generator_class(
        title=feed.title,
        link=feed.home_page_url,
        description=feed.title,
        language=feed.language,
        author_name=feed.authors[0].name,
        author_link=feed.authors[0].url,
        feed_url=feed.feed_url,
        feed_guid=feed.feed_url,
    )
    for item in feed.items:
        _add(generator, item)
    return generator.writeString("utf-8")


def _add(generator: SyndicationFeed, item: FeedItem) -> None:
    generator.add_item(
        title=item.title,
        link=item.url,
        # Readers treat it as HTML; Django leaves it out if it is None, whatever its types say.
        description=escape(item.summary) or None,  # type: ignore[arg-type]
        unique_id=item.id,
        unique_id_is_permalink=False,
        pubdate=item.date_published,
        updateddate=item.date_modified or item.date_published,
        categories=item.tags,
        enclosures=_enclosures(item.image),
        content=item.content_html,
    )


def _enclosures(image: str | None) -> list[Enclosure]:
    """Return the picture; if its length is unknown, it is written as 0 (RSS Advisory Board's profile)."""
    if not image:
        return []
    return [Enclosure(image, str(file_size(image) or 0), guess_type(image)[0] or "application/octet-stream")]
