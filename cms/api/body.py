"""The body of a page in the Content API: blocks of the kinds that the plugins bring, distinguished by `type`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, reduce
from operator import or_
from types import NoneType
from typing import TYPE_CHECKING, Annotated

from django.apps import apps
from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from cms.api.values import BodyBlock
from cms.content.references import RawBlock, body_blocks
from cms.plugins import StoredBlock
from cms.plugins.fences import fenced
from cms.plugins.registry import block_kinds

if TYPE_CHECKING:
    from cms.api.context import BuildContext
    from cms.models import HubPage


def block_union(name: str, schemas: Callable[[], Iterable[type[BaseModel]]], *, description: str) -> type:
    """Return a type for a block of any of these schemas, which are known only once all apps are loaded.

    `name` and `description` are what the OpenAPI document says of the type.
    """

    def get_schema(_cls: type, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of all kinds under one name; Pydantic asks again later if the apps are not loaded yet."""
        if not apps.ready:
            raise PydanticUndefinedAnnotation(name, "the plugins bring its kinds")
        union = reduce(or_, schemas())
        return handler(TypeAliasType(name, Annotated[union, Field(discriminator="type", description=description)]))

    return type(name, (), {"__doc__": description, "__get_pydantic_core_schema__": classmethod(get_schema)})


if TYPE_CHECKING:
    Block = BodyBlock
else:
    Block = block_union(
        "Block",
        lambda: (kind.schema for kind in block_kinds().values()),
        description="A block of a body; its `type` says of which kind.",
    )


def build_body(*, page: HubPage, context: BuildContext) -> list[Block]:
    """Return the page's body; blocks that would show only what is not public are left out."""
    built = (_build(block, page=page, context=context) for block in body_blocks(page))
    return [block for block in built if block is not None]


def _build(block: RawBlock, *, page: HubPage, context: BuildContext) -> Block | None:
    kind = block_kinds().get(block["type"])
    if kind is None:
        return None
    stored = StoredBlock(id=block.get("id"), value=block["value"], locale_id=page.locale_id)
    build = partial(kind.build, stored, context)
    return fenced("block", build, of=kind, about=page, otherwise=None, returns=(kind.schema, NoneType))
