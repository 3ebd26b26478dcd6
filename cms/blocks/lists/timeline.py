"""What happened when, in order."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Image, Value
from cms.blocks.groups import PARTS
from cms.blocks.picture import OptionalPictureForm, build_picture, picture_references
from cms.blocks.text import EXAMPLE_HTML, PLAIN_FEATURES
from cms.content.references import rich_text_references, stored_items
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue


class EntryForm(blocks.StructBlock):
    when = blocks.CharBlock(label=_("When"), max_length=60, help_text=_("In words: 2018, or spring 2019."))
    title = blocks.CharBlock(label=_("Title"), max_length=160)
    text = blocks.RichTextBlock(label=_("Text"), required=False, features=PLAIN_FEATURES)
    picture = OptionalPictureForm(label=_("Picture"), required=False)

    class Meta:
        icon = "history"
        label = _("Moment")
        label_format = "{when}: {title}"


class TimelineForm(blocks.StructBlock):
    entries = blocks.ListBlock(EntryForm(), label=_("Moments"), min_num=1)

    class Meta:
        icon = "history"
        label = _("Timeline")
        description = _("What happened when, in order.")
        group = PARTS
        preview_template = "cms/block_preview.html"
        preview_value = {
            "entries": [
                {"when": "2016", "title": _("A question"), "text": EXAMPLE_HTML},
                {"when": "2020", "title": _("An answer"), "text": EXAMPLE_HTML},
            ]
        }


class TimelineEntry(Value):
    """What happened at one time."""

    when: str = Field(description="The time, in the editor's words.", examples=["Spring 2019"])
    title: str = Field(description="What happened.", examples=["The first lab"])
    html: str = Field(
        description="More about it, as sanitised HTML; may be empty.", examples=["<p>Twelve people came.</p>"]
    )
    image: Image | None = Field(description="A picture of it.")


class TimelineBlock(BodyBlock):
    """What happened when, in order."""

    type: Literal["timeline"] = Field(description="Says that this is a timeline.")
    entries: list[TimelineEntry] = Field(description="What happened, in the editor's order; at least one.")


def build(stored: StoredBlock, context: BuildContext) -> TimelineBlock | None:
    entries = [
        TimelineEntry(
            when=item.get("when") or "",
            title=item.get("title") or "",
            html=context.html(item.get("text") or "", locale_id=stored.locale_id),
            image=_picture(item, context),
        )
        for item in stored_items(stored.value.get("entries"))
    ]
    shown = [entry for entry in entries if entry.when or entry.title]
    return TimelineBlock(id=stored.id, type="timeline", entries=shown) if shown else None


def _picture(item: StoredValue, context: BuildContext) -> Image | None:
    stored = item.get("picture") or {}
    return build_picture(stored, context, preset="wide") if stored.get("image") else None


def references(value: StoredValue) -> References:
    found = (
        rich_text_references(item.get("text") or "") | picture_references(item.get("picture"))
        for item in stored_items(value.get("entries"))
    )
    return reduce(or_, found, References())


TIMELINE = BlockKind(
    name="timeline",
    form=TimelineForm,
    schema=TimelineBlock,
    build=build,
    template="cms/blocks/timeline.html",
    references=references,
)
