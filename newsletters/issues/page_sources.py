"""What pages say of themselves, and what an issue remembers of it: the source of a story's words and picture.

A story's words are its own where the editor wrote some, else those of its source. A source changes only when the
editor takes over what the page says by then; so nothing in an issue changes in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from wagtail.models import Site

from cms.content.queries import public_pages
from cms.models import HubPage

FIELDS = ("title", "teaser", "link_text")
TELLING = ("story", "person")  # the blocks that tell what a page says of itself


@dataclass(frozen=True, kw_only=True)
class PageWords:
    """What a page says of itself in its language: words, and the key of its picture with a text alternative."""

    title: str = ""
    teaser: str = ""
    link_text: str = ""
    image: int | None = None
    alt: str = ""

    @classmethod
    def of(cls, page: HubPage) -> PageWords:
        """Return what the page says now."""
        return cls(title=page.title, teaser=page.summary, link_text=page.link_text, image=page.image_id, alt=page.alt)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PageWords:
        """Return what was stored with `asdict`."""
        return cls(**{name: data.get(name, field.default) for name, field in cls.__dataclass_fields__.items()})


Source = dict[str, PageWords]  # by language code


def page_key(page: Any) -> str:
    """Return the key under which an issue remembers the source of a story: it is the same for all translations."""
    return str(page.translation_key)


def read_sources(keys: Collection[str], *, site: Site, now: datetime) -> dict[str, Source]:
    """Return what the pages with these keys say now, in each language in which they are public; one query."""
    found: dict[str, Source] = {key: {} for key in keys}
    if not keys:
        return found
    pages = public_pages(site=site, now=now).filter(translation_key__in=list(keys))
    for page in pages.select_related("locale", "image").order_by("locale__language_code"):
        found[page_key(page)][page.locale.language_code] = PageWords.of(page)
    return found


def to_json(sources: Mapping[str, Source]) -> dict[str, Any]:
    """Return sources as an issue stores them."""
    return {key: {code: asdict(words) for code, words in source.items()} for key, source in sources.items()}


def from_json(stored: Mapping[str, Any]) -> dict[str, Source]:
    """Return the sources that an issue remembers."""
    return {key: {code: PageWords.from_json(words) for code, words in source.items()} for key, source in stored.items()}


def told_words(row: Mapping[str, Any], source: PageWords | None) -> dict[str, str]:
    """Return a story's words in one language by field: the editor's own, else those of the source."""
    return {name: row[name] or (getattr(source, name) if source else "") for name in FIELDS}


def own_fields(row: Mapping[str, Any], source: PageWords | None) -> list[str]:
    """Return the fields of a story's row in which the editor wrote something else than the page says."""
    return [name for name in FIELDS if source and row[name] and row[name] != getattr(source, name)]


def missing_sources(issue: Any, body: Any, *, site: Site, now: datetime) -> dict[str, Source]:
    """Return what the pages in `body` say of which the issue remembers nothing yet."""
    told = keys_of(block.value for block in body if block.block_type in TELLING)
    return read_sources([key for key in told if key not in issue.remembered], site=site, now=now)


def keys_of(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the keys of the pages of these story blocks, each once, in order."""
    return list(dict.fromkeys(page_key(value["page"]) for value in values if value["page"]))
