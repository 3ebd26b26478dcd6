"""Make Willow, with which Wagtail makes every rendition, remove notes and convert colours."""

from __future__ import annotations

from willow.image import INITIAL_IMAGE_CLASSES, PNGImageFile
from willow.plugins.pillow import PillowImage
from willow.registry import registry

from cms.pictures.encode import plain


def register() -> None:
    """Replace Willow's `auto_orient`; called once, when the app is ready.

    Turning a picture upright is the first thing that Wagtail does for any rendition. So every rendition (for a mail, a
    template's `image` tag, the admin) has no camera notes, and no channels that its format cannot hold.
    """
    registry.register_operation(PillowImage, "auto_orient", _auto_orient)
    INITIAL_IMAGE_CLASSES["apng"] = PNGImageFile  # a type that Willow's type guesser returns, but Willow does not know


def _auto_orient(image: PillowImage) -> PillowImage:
    return PillowImage(plain(image.get_pillow_image()))
