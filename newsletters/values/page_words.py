"""What a page says about itself, and the words of a story that is told from it.

A story's words are the editor's own where there are some, else those of its source: what its page said when the story
was added. A source changes only when the editor takes over what the page says now, so nothing changes silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from uuid import UUID

FIELDS = ("title", "teaser", "link_text")
StoredWords = Mapping[str, Any]  # PageWords as JSON


class TellingPage(Protocol):
    """What a page needs to be told as a story."""

    title: str
    summary: str
    link_text: str
    image_id: int | None

    @property
    def alt(self) -> str:
        """The picture's text alternative."""


@dataclass(frozen=True, kw_only=True)
class PageWords:
    """What a page says about itself in its language: words, and the key of its picture with a text alternative."""

    title: str = ""
    teaser: str = ""
    link_text: str = ""
    image: int | None = None
    alt: str = ""

    @classmethod
    def of(cls, page: TellingPage) -> PageWords:
        """Return what the page says now."""
        return cls(title=page.title, teaser=page.summary, link_text=page.link_text, image=page.image_id, alt=page.alt)

    @classmethod
    def from_json(cls, data: StoredWords) -> PageWords:
        """Return what was stored with `asdict`."""
        return cls(**{name: data.get(name, field.default) for name, field in cls.__dataclass_fields__.items()})


Source = dict[str, PageWords]  # by language code
StoredSource = Mapping[str, StoredWords]  # by language code


class Translatable(Protocol):
    """Something with the same key in all its translations, such as a page."""

    @property
    def translation_key(self) -> UUID:
        """The key."""


def page_key(page: Translatable) -> str:
    """Return the key under which an issue remembers the source of a story; all translations share it."""
    return str(page.translation_key)


def to_json(sources: Mapping[str, Source]) -> dict[str, StoredSource]:
    """Return sources as an issue stores them."""
    return {key: {code: asdict(words) for code, words in source.items()} for key, source in sources.items()}


def from_json(stored: Mapping[str, StoredSource]) -> dict[str, Source]:
    """Return the sources that an issue remembers."""
    return {key: {code: PageWords.from_json(words) for code, words in source.items()} for key, source in stored.items()}


def story_words(row: Mapping[str, str], source: PageWords | None) -> dict[str, str]:
    """Return a story's words in one language by field: the editor's own, else the source's."""
    return {name: row[name] or (getattr(source, name) if source else "") for name in FIELDS}


def own_fields(row: Mapping[str, str], source: PageWords | None) -> list[str]:
    """Return the fields of a story's row in which the editor wrote something other than what the page says."""
    return [name for name in FIELDS if source and row[name] and row[name] != getattr(source, name)]
