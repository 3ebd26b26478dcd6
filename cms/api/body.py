"""The body of a page in the Content API: its blocks, told apart by `type`, of the kinds that the plugins bring."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from django.apps import apps
from pydantic import Field, GetCoreSchemaHandler
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from cms.api.values import BodyBlock
from cms.content.references import body_blocks
from cms.plugins import StoredBlock
from cms.plugins.registry import block_kinds

if TYPE_CHECKING:
    from cms.api.context import BuildContext
    from cms.models import HubPage

    Block = BodyBlock
else:

    class Block:
        """A block of any kind; which kinds there are is known once all apps are there."""

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
            """Return the schema of all kinds under one name; Pydantic asks again later if the apps are not there."""
            if not apps.ready:
                raise PydanticUndefinedAnnotation("Block", "the plugins bring its kinds")
            kinds = reduce(or_, (kind.schema for kind in block_kinds().values()))
            words = "A block of a body; its `type` says which."
            return handler(TypeAliasType("Block", Annotated[kinds, Field(discriminator="type", description=words)]))


def build_body(*, page: HubPage, context: BuildContext) -> list[Block]:
    """Return the page's body; blocks that show only what is not public (any more) are left out."""
    built = (_build(block, page=page, context=context) for block in body_blocks(page))
    return [block for block in built if block is not None]


def _build(block: Mapping[str, Any], *, page: HubPage, context: BuildContext) -> Block | None:
    kind = block_kinds().get(block["type"])
    if kind is None:
        return None
    return kind.build(StoredBlock(id=block.get("id"), value=block["value"], locale_id=page.locale_id), context)
