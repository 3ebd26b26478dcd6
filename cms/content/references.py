"""What a page refers to: images, documents and pages, read from its stored body without loading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NotRequired, TypedDict

from django.contrib.contenttypes.models import ContentType
from pydantic import JsonValue
from wagtail.images import get_image_model
from wagtail.images.models import ImageQuerySet
from wagtail.models import ReferenceIndex
from wagtail.rich_text.rewriters import FIND_A_TAG, FIND_EMBED_TAG, extract_attrs

from cms.content.queries import public_files
from cms.models import BodyPage, HubPage
from cms.plugins import References
from cms.plugins.contract import StoredValue
from cms.plugins.fences import fenced
from cms.plugins.registry import block_kinds

MOST_DIGITS = 18  # a database's largest integer has 19


class RawBlock(TypedDict):
    """A block as it is stored in the row of a page."""

    type: str
    value: JsonValue
    id: NotRequired[str]


def card_references(page: HubPage) -> References:
    """Return what the page's card refers to: its image."""
    return References(images=frozenset({page.image_id} - {None}))


def page_references(page: HubPage) -> References:
    """Return what the page and its body refer to."""
    found, kinds = card_references(page), block_kinds()
    for block in body_blocks(page):
        if kind := kinds.get(block["type"]):
            found |= fenced(
                "references",
                lambda kind=kind, value=block["value"]: kind.references(value),  # type: ignore[misc]
                of=kind,
                about=page,
                otherwise=References(),
                returns=References,
            )
    return found


def body_blocks(page: HubPage) -> list[RawBlock]:
    """Return the stored blocks of the page's body; none if it is not a `BodyPage`."""
    return list(page.body.raw_data) if isinstance(page, BodyPage) else []


def rich_text_references(source: str) -> References:
    """Return what a stored rich text shows, and the pages and documents that it links to."""
    links = [extract_attrs(match) for match in FIND_A_TAG.findall(source)]
    embeds = [extract_attrs(match) for match in FIND_EMBED_TAG.findall(source)]
    return References(
        pages=stored_keys(link.get("id") for link in links if link.get("linktype") == "page"),
        documents=stored_keys(link.get("id") for link in links if link.get("linktype") == "document"),
        images=stored_keys(embed.get("id") for embed in embeds if embed.get("embedtype") == "image"),
        embeds=frozenset(embed["url"] for embed in embeds if embed.get("embedtype") == "media" and embed.get("url")),
    )


def used_images() -> ImageQuerySet:
    """Return the public images in use by pages (live or not) and settings, according to Wagtail's reference index."""
    model = get_image_model()
    content_type = ContentType.objects.get_for_model(model)
    keys = ReferenceIndex.objects.filter(to_content_type=content_type).values_list("to_object_id", flat=True)
    return public_files(model).filter(pk__in={int(key) for key in keys.distinct()})


def stored_items(value: StoredValue) -> list[StoredValue]:
    """Return the items of a stored list, which Wagtail stores either bare or wrapped."""
    return [_bare(item) for item in value or ()]


def _bare(item: StoredValue) -> StoredValue:
    is_wrapped = isinstance(item, Mapping) and item.get("type") == "item" and "value" in item
    return item["value"] if is_wrapped else item


def stored_key(value: object) -> int | None:
    """Return the primary key stored as `value`; None if it is not a number or too large for a database."""
    digits = str(value)
    return int(digits) if digits.isdecimal() and len(digits) <= MOST_DIGITS else None


def stored_keys(values: Iterable[object]) -> frozenset[int]:
    """Return the primary keys among the stored `values`."""
    return frozenset(key for value in values if (key := stored_key(value)) is not None)
