"""What Willow, by which Wagtail makes every rendition, is taught: notes stay behind, and colours come along."""

from __future__ import annotations

from willow.image import INITIAL_IMAGE_CLASSES, PNGImageFile
from willow.plugins.pillow import PillowImage
from willow.registry import registry

from cms.pictures.encode import plain


def register() -> None:
    """Teach Willow; called once, when the app is ready.

    Turning a picture upright is the first thing that Wagtail does to any rendition, so whatever asks for one (a mail,
    a template's `image` tag, the admin) gets no notes of the camera and no channels that the format cannot hold.
    """
    registry.register_operation(PillowImage, "auto_orient", _auto_orient)
    INITIAL_IMAGE_CLASSES["apng"] = PNGImageFile  # told apart by the library that guesses types, unknown to Willow


def _auto_orient(image: PillowImage) -> PillowImage:
    return PillowImage(plain(image.get_pillow_image()))
