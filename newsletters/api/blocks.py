"""The blocks of a sent issue in one language, as the Content API returns them; `type` tells them apart.

They are built from what was kept when the issue was sent, so that later changes do not affect them: a story stays when
its page is no longer public, but has no link. Only a button or a picture with nothing left to show is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from cms.api.body import block_union
from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.content.references import rich_text_references
from cms.plugins import References
from cms.plugins.fences import fenced
from cms.plugins.registry import issue_block_kinds
from newsletters.models import Edition

SIGNATURE = "signature"  # follows the intro; editors do not add it as a block


class NewslettersSignatureBlock(BodyBlock):
    """The signature below the intro."""

    type: Literal["signature"] = Field(description="Says that this is a signature.")
    name: str = Field(description="The name of the person who signs.", examples=["Gigi Ong-Alok"])
    function: str = Field(description="What they do; may be empty.", examples=["Innovation facilitator"])


def _schemas() -> Iterator[type[BaseModel]]:
    yield from (kind.schema for kind in issue_block_kinds().values())
    yield NewslettersSignatureBlock


if TYPE_CHECKING:
    NewslettersIssueBlock = BodyBlock
else:
    NewslettersIssueBlock = block_union(
        "NewslettersIssueBlock", _schemas, description="A block of an issue; its `type` says of which kind."
    )


def edition_references(editions: Iterable[Edition]) -> References:
    """Return what the blocks of these editions refer to."""
    values = [value for edition in editions for value in edition.blocks]
    found = References(
        images=frozenset(value["image"] for value in values if value.get("image")),
        pages=frozenset(value["page"] for value in values if value.get("page")),
    )
    return reduce(or_, (rich_text_references(value["html"]) for value in values if value.get("html")), found)


def build_blocks(edition: Edition, *, context: BuildContext) -> list[NewslettersIssueBlock]:
    """Return the edition's blocks in the editor's order, without those of a kind that no longer exists."""
    built = (_show(Kept(value, edition, context)) for value in edition.blocks)
    return [block for block in built if block is not None]


class Kept:
    """A block as it was kept, with what it refers to as the public sees it now: `cms.plugins.KeptBlock`."""

    def __init__(self, value: Mapping[str, Any], edition: Edition, context: BuildContext) -> None:
        self.value = value
        self.page = context.page(value.get("page"), locale_id=edition.locale_id)
        self.image = context.image(value.get("image"), alt=value.get("alt") or "", preset="wide")
        self.html = context.html(value.get("html") or "", locale_id=edition.locale_id)

    def words(self, *names: str) -> dict[str, Any]:
        """Return the id, the type and these texts, by their names."""
        return {name: self.value[name] for name in ("id", "type", *names)}


def _show(kept: Kept) -> NewslettersIssueBlock | None:
    if kept.value["type"] == SIGNATURE:
        return NewslettersSignatureBlock(**kept.words("name", "function"))
    kind = issue_block_kinds().get(kept.value["type"])
    if kind is None:
        return None
    return fenced(
        "show", lambda: kind.show(kept), of=kind, about=kind.name, otherwise=None, returns=(kind.schema, NoneType)
    )
