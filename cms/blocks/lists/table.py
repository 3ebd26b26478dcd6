"""A table whose columns hold text, numbers or rich text."""

from __future__ import annotations

from functools import reduce
from itertools import zip_longest
from math import isfinite
from operator import or_
from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from typing_extensions import TypeAliasType
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Value
from cms.blocks.groups import PARTS
from cms.blocks.lists.typed_table import NamedTableBlock
from cms.blocks.text import PLAIN_FEATURES
from cms.content.references import rich_text_references
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue

ColumnType = Literal["text", "number", "rich_text"]


class CellsForm(NamedTableBlock):
    text = blocks.CharBlock(label=_("Text"), required=False, default="", max_length=400)
    number = blocks.FloatBlock(label=_("Number"), required=False)
    rich_text = blocks.RichTextBlock(label=_("Rich text"), required=False, features=PLAIN_FEATURES)


class TableForm(blocks.StructBlock):
    table = CellsForm(label=_("Table"))
    has_row_headers = blocks.BooleanBlock(
        label=_("The first column names the rows"),
        required=False,
        help_text=_("Screen readers then read it out with each cell of its row."),
    )

    class Meta:
        icon = "table"
        label = _("Table")
        description = _("Rows and columns of words and numbers.")
        group = PARTS
        preview_template = "cms/block_preview.html"
        preview_value = {
            "table": {
                "caption": _("Projects"),
                "columns": [{"type": "text", "heading": _("Theme")}, {"type": "number", "heading": _("Projects")}],
                "rows": [{"values": [_("Inclusion"), 12]}, {"values": [_("Civic power"), 9]}],
            },
            "has_row_headers": True,
        }


class TableColumn(Value):
    """A column of a table."""

    type: ColumnType = Field(description="What the cells of the column hold.", examples=["number"])
    heading: str = Field(description="The heading of the column.", examples=["Projects"])


class TableTextCell(Value):
    """A cell with plain text."""

    type: Literal["text"] = Field(description="Says that the cell holds plain text.")
    text: str = Field(description="The text; may be empty.", examples=["Inclusion"])


class TableNumberCell(Value):
    """A cell with a number."""

    type: Literal["number"] = Field(description="Says that the cell holds a number.")
    number: float | None = Field(description="The number; null if the cell is empty.", examples=[12])


class TableRichTextCell(Value):
    """A cell with rich text."""

    type: Literal["rich_text"] = Field(description="Says that the cell holds rich text.")
    html: str = Field(description="The text as sanitised HTML; may be empty.", examples=["<p>See <b>there</b>.</p>"])


AnyCell = TableTextCell | TableNumberCell | TableRichTextCell
TableCell = TypeAliasType(
    "TableCell", Annotated[AnyCell, Field(discriminator="type", description="A cell; its `type` says what it holds.")]
)


class TableRow(Value):
    """A row of a table."""

    cells: list[TableCell] = Field(description="A cell for each column, of the column's type.")


class TableBlock(BodyBlock):
    """A table."""

    type: Literal["table"] = Field(description="Says that this is a table.")
    caption: str = Field(description="What the table is about.", examples=["Projects by theme"])
    columns: list[TableColumn] = Field(description="The columns, which make up the header row; at least one.")
    rows: list[TableRow] = Field(description="The rows below the header.")
    has_row_headers: bool = Field(
        description="Whether the first cell of a row names the row (`<th scope=row>`).", examples=[True]
    )


def build(stored: StoredBlock, context: BuildContext) -> TableBlock | None:
    table = stored.value.get("table") or {}
    columns = [TableColumn(type=_type_of(column), heading=column.get("heading") or "") for column in _columns(table)]
    rows = [
        TableRow(
            cells=[
                _cell(column.type, value, context, locale_id=stored.locale_id)
                for column, value in zip_longest(columns, _values(row, columns))
            ]
        )
        for row in table.get("rows") or ()
    ]
    if not columns or not rows:
        return None
    return TableBlock(
        id=stored.id,
        type="table",
        caption=table.get("caption") or "",
        columns=columns,
        rows=rows,
        has_row_headers=bool(stored.value.get("has_row_headers")),
    )


def _columns(table: StoredValue) -> list[StoredValue]:
    return list(table.get("columns") or ())


def _type_of(column: StoredValue) -> ColumnType:
    types: dict[str, ColumnType] = {"number": "number", "rich_text": "rich_text"}
    return types.get(column.get("type"), "text")


def _values(row: StoredValue, columns: list[TableColumn]) -> list[StoredValue]:
    return list(row.get("values") or ())[: len(columns)]


def _cell(type_: ColumnType, value: StoredValue, context: BuildContext, *, locale_id: int) -> AnyCell:
    match type_:
        case "number":
            is_number = isinstance(value, int | float) and isfinite(value)
            return TableNumberCell(type="number", number=value if is_number else None)
        case "rich_text":
            return TableRichTextCell(type="rich_text", html=context.html(str(value or ""), locale_id=locale_id))
    return TableTextCell(type="text", text=str(value or ""))


def references(value: StoredValue) -> References:
    table = value.get("table") or {}
    types = [_type_of(column) for column in _columns(table)]
    texts = (
        rich_text_references(str(cell or ""))
        for row in table.get("rows") or ()
        for type_, cell in zip(types, row.get("values") or (), strict=False)
        if type_ == "rich_text"
    )
    return reduce(or_, texts, References())


TABLE = BlockKind(
    name="table",
    form=TableForm,
    schema=TableBlock,
    build=build,
    template="cms/blocks/table.html",
    references=references,
)
