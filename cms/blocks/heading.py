"""A heading within the body."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.blocks.groups import WORDS
from cms.plugins import BlockKind, StoredBlock


class HeadingForm(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Text"), max_length=160)
    level = blocks.ChoiceBlock(label=_("Level"), choices=[("2", _("Section")), ("3", _("Subsection"))], default="2")

    class Meta:
        icon = "title"
        label = _("Heading")
        description = _("A heading of a section or a subsection of the page.")
        group = WORDS
        preview_template = "cms/block_preview.html"
        preview_value = {"text": _("What we learned"), "level": "2"}


class HeadingBlock(BodyBlock):
    """A heading within the body; the page's title is the only heading of level 1."""

    type: Literal["heading"] = Field(description="Says that this is a heading.")
    text: str = Field(description="The text of the heading.", examples=["What we learned"])
    level: Literal[2, 3] = Field(description="2 for a section, 3 for a subsection.")


def build(stored: StoredBlock, _context: BuildContext) -> HeadingBlock:
    level: Literal[2, 3] = 3 if stored.value.get("level") == "3" else 2
    return HeadingBlock(id=stored.id, type="heading", text=stored.value["text"], level=level)


HEADING = BlockKind(
    name="heading", form=HeadingForm, schema=HeadingBlock, build=build, template="cms/blocks/heading.html"
)
