"""A picture with a caption, and whose it is."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Image
from cms.blocks.groups import PICTURES
from cms.blocks.picture import PictureForm, build_picture, picture_references
from cms.plugins import BlockKind, StoredBlock


class ImageForm(PictureForm):
    caption = blocks.CharBlock(label=_("Caption"), required=False, default="", max_length=255)
    credit = blocks.CharBlock(
        label=_("Credit"),
        required=False,
        default="",
        max_length=160,
        help_text=_("Who made the picture or has the rights to it."),
    )
    licence = blocks.CharBlock(
        label=_("Licence"),
        required=False,
        default="",
        max_length=80,
        help_text=_("On which terms it is shown, such as CC BY 4.0."),
    )

    class Meta:
        icon = "image"
        label = _("Image")
        description = _("A picture with a caption, and whose it is.")
        group = PICTURES
        preview_template = "cms/block_preview.html"
        preview_value = {
            "image": None,
            "alt": _("A yellow circle"),
            "caption": _("The spring meeting"),
            "credit": _("The hub"),
            "licence": "CC BY 4.0",
        }


class ImageBlock(BodyBlock):
    """A picture with a caption, and whose it is."""

    type: Literal["image"] = Field(description="Says that this is a picture.")
    image: Image = Field(description="The picture.")
    caption: str = Field(description="The text under the picture; may be empty.", examples=["The spring meeting"])
    credit: str = Field(
        default="", description="Who made the picture or has the rights to it; may be empty.", examples=["The hub"]
    )
    licence: str = Field(
        default="", description="On which terms the picture is shown; may be empty.", examples=["CC BY 4.0"]
    )


def build(stored: StoredBlock, context: BuildContext) -> ImageBlock | None:
    image = build_picture(stored.value, context, preset="wide")
    if image is None:
        return None
    words = {name: stored.value.get(name) or "" for name in ("caption", "credit", "licence")}
    return ImageBlock(id=stored.id, type="image", image=image, **words)


IMAGE = BlockKind(
    name="image",
    form=ImageForm,
    schema=ImageBlock,
    build=build,
    template="cms/blocks/image.html",
    references=picture_references,
)
