"""Other pages of the site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, PageRef
from cms.blocks.groups import SITE
from cms.models import HubPage
from cms.plugins import BlockKind, References, StoredBlock


class RelatedBlock(BodyBlock):
    """Other pages of the site."""

    type: Literal["related"] = Field(description="Says that these are related pages.")
    pages: list[PageRef] = Field(description="The pages, in the editor's order.")


def form() -> blocks.ListBlock:
    return blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Page")),
        label=_("Related pages"),
        icon="list-ul",
        description=_("Links to other pages of this site."),
        group=SITE,
        preview_template="cms/block_preview.html",
        preview_value=_some_pages,
    )


def _some_pages() -> list[HubPage]:
    return list(HubPage.objects.live().order_by("path")[:3])


def build(stored: StoredBlock, context: BuildContext) -> RelatedBlock | None:
    found = (context.page(pk, locale_id=stored.locale_id) for pk in _keys(stored.value))
    pages = [ref for ref in found if ref is not None]
    return RelatedBlock(id=stored.id, type="related", pages=pages) if pages else None


def references(value: Iterable[Mapping[str, int | None] | int | None]) -> References:
    return References(pages=frozenset(_keys(value)))


def _keys(value: Iterable[Mapping[str, int | None] | int | None]) -> list[int]:
    """Return the keys of the pages, in order; Wagtail stores items either bare or wrapped."""
    items = (item["value"] if isinstance(item, Mapping) else item for item in value)
    return [item for item in items if item is not None]


RELATED = BlockKind(
    name="related",
    form=form,
    schema=RelatedBlock,
    build=build,
    template="cms/blocks/related.html",
    references=references,
)
