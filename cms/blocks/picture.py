"""A picture within a block: which image it is, and what it shows to those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from cms.api.context import BuildContext
from cms.api.values import Image
from cms.content.references import stored_key, stored_keys
from cms.pictures.renditions import PresetName
from cms.plugins import References


class PictureForm(blocks.StructBlock):
    """An image with a text alternative, or the editor's word that it needs none."""

    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(
        label=_("Text alternative"),
        required=False,
        default="",
        max_length=255,
        help_text=_("What the image shows, for those who do not see it."),
    )
    decorative = blocks.BooleanBlock(
        label=_("It only decorates"),
        required=False,
        help_text=_("Who does not see the image misses nothing. It then needs no text alternative."),
    )

    class Meta:
        icon = "image"
        label = _("Picture")
        label_format = "{alt}"

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if cleaned["image"] and bool(cleaned["alt"]) == bool(cleaned["decorative"]):
            both = _("Describe the image, or tick that it only decorates, not both.")
            neither = _("Say what the image shows, or tick that it only decorates.")
            error = ValidationError(both if cleaned["alt"] else neither)
            raise blocks.StructBlockValidationError(block_errors={"alt": error})
        return cleaned


class OptionalPictureForm(PictureForm):
    """A picture that may be left out."""

    image = ImageChooserBlock(label=_("Image"), required=False)


def build_picture(value: Mapping[str, object] | None, context: BuildContext, *, preset: PresetName) -> Image | None:
    """Return the stored picture; None if there is none or it is not public."""
    value = value or {}
    return context.image(
        stored_key(value.get("image")),
        alt=str(value.get("alt") or ""),
        preset=preset,
        is_decorative=bool(value.get("decorative")),
    )


def picture_references(value: Mapping[str, object] | None) -> References:
    """Return what the stored picture refers to."""
    return References(images=stored_keys([(value or {}).get("image")]))
