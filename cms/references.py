"""What a page points at: images, documents and pages, read from its stored body without loading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wagtail.rich_text.rewriters import FIND_A_TAG, extract_attrs

from cms.models import BodyPage, HubPage


@dataclass(frozen=True, kw_only=True)
class References:
    """Primary keys of what is pointed at."""

    images: frozenset[int] = frozenset()
    documents: frozenset[int] = frozenset()
    pages: frozenset[int] = frozenset()

    def __or__(self, other: References) -> References:
        return References(
            images=self.images | other.images,
            documents=self.documents | other.documents,
            pages=self.pages | other.pages,
        )


def card_references(page: HubPage) -> References:
    """Return what the page's card points at: its image."""
    return References(images=frozenset({page.image_id} - {None}))


def page_references(page: HubPage) -> References:
    """Return what the page and its body point at."""
    found = card_references(page)
    for block in body_blocks(page):
        found |= _block_references(block)
    return found


def body_blocks(page: HubPage) -> list[Mapping[str, Any]]:
    """Return the stored blocks of the page's body (type, value, id); none if it has no body of ours."""
    return list(page.body.raw_data) if isinstance(page, BodyPage) else []


def rich_text_references(source: str) -> References:
    """Return the pages and documents that a stored rich text links to."""
    links = [extract_attrs(match) for match in FIND_A_TAG.findall(source)]
    return References(
        pages=_ids(link.get("id") for link in links if link.get("linktype") == "page"),
        documents=_ids(link.get("id") for link in links if link.get("linktype") == "document"),
    )


def related_ids(value: Iterable[Any]) -> list[int]:
    """Return the page keys of a stored `related` block, in order; Wagtail stores items bare or wrapped."""
    items = (item["value"] if isinstance(item, Mapping) else item for item in value)
    return [item for item in items if item is not None]


def _block_references(block: Mapping[str, Any]) -> References:
    value = block["value"]
    match block["type"]:
        case "text":
            return rich_text_references(value)
        case "image":
            return References(images=_ids([value.get("image")]))
        case "button":
            return References(pages=_ids([value.get("page")]))
        case "document":
            return References(documents=_ids([value.get("document")]))
        case "related":
            return References(pages=frozenset(related_ids(value)))
    return References()


def _ids(values: Iterable[Any]) -> frozenset[int]:
    return frozenset(int(value) for value in values if value is not None and str(value).isdigit())
