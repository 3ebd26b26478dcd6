"""A quotation."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.blocks.groups import WORDS
from cms.plugins import BlockKind, StoredBlock


class QuoteForm(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Quote"), max_length=600)
    attribution = blocks.CharBlock(label=_("Who said it"), required=False, max_length=160)

    class Meta:
        icon = "openquote"
        label = _("Quote")
        description = _("Words of somebody, set apart from the text.")
        group = WORDS
        preview_template = "cms/block_preview.html"
        preview_value = {"text": _("Change needs a place to practise."), "attribution": _("A facilitator")}


class QuoteBlock(BodyBlock):
    """A quotation."""

    type: Literal["quote"] = Field(description="Says that this is a quotation.")
    text: str = Field(description="The quoted words.", examples=["Change needs a place to practise."])
    attribution: str = Field(description="Who said it; may be empty.", examples=["Sam, facilitator"])


def build(stored: StoredBlock, _context: BuildContext) -> QuoteBlock:
    attribution = stored.value.get("attribution") or ""
    return QuoteBlock(id=stored.id, type="quote", text=stored.value["text"], attribution=attribution)


QUOTE = BlockKind(name="quote", form=QuoteForm, schema=QuoteBlock, build=build, template="cms/blocks/quote.html")
