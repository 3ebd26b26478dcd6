"""Numbers that tell how much was done, large and with a few words."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Value
from cms.blocks.groups import PARTS
from cms.content.references import stored_items
from cms.plugins import BlockKind, StoredBlock

MOST = 12


class FigureForm(blocks.StructBlock):
    value = blocks.CharBlock(label=_("Value"), max_length=24, help_text=_("A number or a period: 40, 2016–2020."))
    label = blocks.CharBlock(label=_("Label"), max_length=80, help_text=_("What is counted: projects."))
    note = blocks.CharBlock(label=_("A few words more"), required=False, default="", max_length=160)

    class Meta:
        icon = "order"
        label = _("Figure")
        label_format = "{value} {label}"


class FiguresForm(blocks.StructBlock):
    figures = blocks.ListBlock(FigureForm(), label=_("Figures"), min_num=1, max_num=MOST)

    class Meta:
        icon = "order"
        label = _("Figures")
        description = _("Numbers that tell how much was done, large and with a few words.")
        group = PARTS
        preview_template = "cms/block_preview.html"
        preview_value = {
            "figures": [
                {"value": "2016–2020", "label": _("years"), "note": ""},
                {"value": "40", "label": _("projects"), "note": _("in eleven countries")},
            ]
        }


class Figure(Value):
    """A number and what it counts."""

    value: str = Field(description="The number or the period, as the editor wrote it.", examples=["40"])
    label: str = Field(description="What is counted.", examples=["projects"])
    note: str = Field(description="A few words more; may be empty.", examples=["in eleven countries"])


class FiguresBlock(BodyBlock):
    """Numbers that tell how much was done."""

    type: Literal["figures"] = Field(description="Says that these are figures.")
    figures: list[Figure] = Field(description="The figures, in the editor's order; at least one.")


def build(stored: StoredBlock, _context: BuildContext) -> FiguresBlock | None:
    items = stored_items(stored.value.get("figures"))
    figures = [
        Figure(value=item["value"], label=item.get("label") or "", note=item.get("note") or "")
        for item in items
        if item.get("value")
    ]
    return FiguresBlock(id=stored.id, type="figures", figures=figures) if figures else None


FIGURES = BlockKind(
    name="figures", form=FiguresForm, schema=FiguresBlock, build=build, template="cms/blocks/figures.html"
)
