"""Wagtail's typed table, which here needs a caption and headings, and is translated with the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.typed_table_block.blocks import TypedTable, TypedTableBlock, TypedTableBlockValidationError
from wagtail_localize.segments import OverridableSegmentValue, StringSegmentValue, TemplateSegmentValue
from wagtail_localize.segments.extract import StreamFieldSegmentExtractor
from wagtail_localize.segments.ingest import StreamFieldSegmentsWriter

Segment: TypeAlias = StringSegmentValue | TemplateSegmentValue | OverridableSegmentValue

MOST_COLUMNS, MOST_ROWS = 12, 200


class NamedTableBlock(TypedTableBlock):
    """A table with a caption and a heading for each column, without which nobody knows what the cells say."""

    def clean(self, value: TypedTable) -> TypedTable:
        cleaned = super().clean(value)
        if not cleaned.columns:
            problem = _("Add at least one column.")
        elif not cleaned.caption or not all(column["heading"] for column in cleaned.columns):
            problem = _("A table needs a caption and a heading for each column.")
        elif len(cleaned.columns) > MOST_COLUMNS or len(cleaned.row_data) > MOST_ROWS:
            problem = _("A table has 12 columns and 200 rows at most.")
        else:
            return cleaned
        raise TypedTableBlockValidationError(non_block_errors=[ValidationError(problem)])

    def get_translatable_segments(self, value: TypedTable) -> list[Segment]:
        """Return the words of the table, for wagtail-localize."""
        extract = StreamFieldSegmentExtractor(None).handle_block
        segments = [StringSegmentValue("caption", value.caption)]
        segments += [
            StringSegmentValue(f"heading-{number}", column["heading"]) for number, column in enumerate(value.columns)
        ]
        for row, cells in enumerate(value.row_data):
            for number, (column, cell) in enumerate(zip(value.columns, cells["values"], strict=True)):
                if cell:
                    segments += [segment.wrap(f"cell-{row}-{number}") for segment in extract(column["block"], cell)]
        return segments

    def restore_translated_segments(self, value: TypedTable, segments: Iterable[Segment]) -> TypedTable:
        """Return the table with these words, for wagtail-localize."""
        write = StreamFieldSegmentsWriter(None, None, None).handle_block
        found: defaultdict[str, list[Segment]] = defaultdict(list)
        for segment in segments:
            place, inner = segment.unwrap()
            found[place].append(inner)
        for place, inner in found.items():
            match place.split("-"):
                case ["caption"]:
                    value.caption = inner[0].render_text()
                case ["heading", number]:
                    value.columns[int(number)]["heading"] = inner[0].render_text()
                case ["cell", row, number]:
                    cells, block = value.row_data[int(row)]["values"], value.columns[int(number)]["block"]
                    cells[int(number)] = write(block, cells[int(number)], inner)
        return value
