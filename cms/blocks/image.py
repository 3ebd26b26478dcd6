"""A picture with a caption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Image
from cms.content.references import stored_keys
from cms.plugins import BlockKind, References, StoredBlock


class ImageForm(blocks.StructBlock):
    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(
        label=_("Text alternative"),
        required=False,
        max_length=255,
        help_text=_("What the image shows. Leave empty if it only decorates."),
    )
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=255)

    class Meta:
        icon = "image"
        label = _("Image")


class ImageBlock(BodyBlock):
    """A picture with a caption."""

    type: Literal["image"] = Field(description="Says that this is a picture.")
    image: Image = Field(description="The picture.")
    caption: str = Field(description="The text under the picture; may be empty.", examples=["The spring meeting"])


def build(stored: StoredBlock, context: BuildContext) -> ImageBlock | None:
    image = context.image(stored.value.get("image"), alt=stored.value.get("alt") or "", preset="wide")
    if image is None:
        return None
    return ImageBlock(id=stored.id, type="image", image=image, caption=stored.value.get("caption") or "")


def references(value: Mapping[str, object]) -> References:
    return References(images=stored_keys([value.get("image")]))


IMAGE = BlockKind(
    name="image",
    form=ImageForm,
    schema=ImageBlock,
    build=build,
    template="cms/blocks/image.html",
    references=references,
)
