"""Pictures that belong together."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Image, Value
from cms.blocks.groups import PICTURES
from cms.blocks.picture import PictureForm, build_picture, picture_references
from cms.content.references import stored_items
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue

FEWEST, MOST = 2, 12


class GalleryPictureForm(PictureForm):
    caption = blocks.CharBlock(label=_("Caption"), required=False, default="", max_length=255)


class GalleryForm(blocks.StructBlock):
    pictures = blocks.ListBlock(GalleryPictureForm(), label=_("Pictures"), min_num=FEWEST, max_num=MOST)
    caption = blocks.CharBlock(label=_("Caption of all pictures"), required=False, default="", max_length=255)

    class Meta:
        icon = "image"
        label = _("Gallery")
        description = _("Two to twelve pictures that belong together.")
        group = PICTURES
        preview_template = "cms/block_preview.html"
        preview_value = {
            "pictures": [
                {"image": None, "alt": _("A yellow circle"), "caption": caption}
                for caption in (_("In the morning"), _("In the afternoon"))
            ],
            "caption": "",
        }


class GalleryPicture(Value):
    """A picture of a gallery."""

    image: Image = Field(description="The picture.")
    caption: str = Field(description="The text under the picture; may be empty.", examples=["The spring meeting"])


class GalleryBlock(BodyBlock):
    """Pictures that belong together."""

    type: Literal["gallery"] = Field(description="Says that this is a gallery.")
    pictures: list[GalleryPicture] = Field(
        description="The pictures that are public, in the editor's order; at least one."
    )
    caption: str = Field(description="The text under all pictures; may be empty.", examples=["A day of labs"])


def build(stored: StoredBlock, context: BuildContext) -> GalleryBlock | None:
    items = stored_items(stored.value.get("pictures"))
    pictures = [
        GalleryPicture(image=image, caption=item.get("caption") or "")
        for item in items
        if (image := build_picture(item, context, preset="wide"))
    ]
    if not pictures:
        return None
    return GalleryBlock(id=stored.id, type="gallery", pictures=pictures, caption=stored.value.get("caption") or "")


def references(value: StoredValue) -> References:
    return reduce(or_, map(picture_references, stored_items(value.get("pictures"))), References())


GALLERY = BlockKind(
    name="gallery",
    form=GalleryForm,
    schema=GalleryBlock,
    build=build,
    template="cms/blocks/gallery.html",
    references=references,
)
