"""What the pages behind an issue's stories say now, in each language in which they are public."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from wagtail.blocks import StreamValue, StructValue
from wagtail.models import Site

from cms.content.queries import public_pages
from newsletters.models import IssuePage
from newsletters.models.issue_field import telling_blocks
from newsletters.values.page_words import PageWords, Source, page_key


def read_sources(keys: Collection[str], *, site: Site, now: datetime) -> dict[str, Source]:
    """Return what the pages with these keys say now, in each language in which they are public; one query."""
    found: dict[str, Source] = {key: {} for key in keys}
    if not keys:
        return found
    pages = public_pages(site=site, now=now).filter(translation_key__in=list(keys))
    for page in pages.select_related("locale", "image").order_by("locale__language_code"):
        found[page_key(page)][page.locale.language_code] = PageWords.of(page)
    return found


def missing_sources(issue: IssuePage, body: StreamValue, *, site: Site, now: datetime) -> dict[str, Source]:
    """Return what those pages in `body` say that the issue does not remember yet."""
    keys = keys_of(block.value for block in telling_blocks(body))
    return read_sources([key for key in keys if key not in issue.remembered], site=site, now=now)


def keys_of(values: Iterable[StructValue]) -> list[str]:
    """Return the keys of the pages of these story blocks, in order, without duplicates."""
    return list(dict.fromkeys(page_key(value["page"]) for value in values if value["page"]))
