"""The sizes in which images are published: made when a page is published, never in a request."""

from __future__ import annotations

import logging
from functools import partial
from io import BytesIO
from typing import Any, Literal

from django.core.files import File
from django.db import transaction
from wagtail.images.models import AbstractImage, Filter
from wagtail.signals import page_published

from cms.models import HubPage

logger = logging.getLogger(__name__)

PresetName = Literal["card", "wide"]
ImageFormat = Literal["webp", "jpeg"]

# The widths in pixels of each preset; "card" for lists, "wide" for a page's own picture and its body.
PRESETS: dict[PresetName, tuple[int, ...]] = {"card": (400, 800), "wide": (800, 1600)}
# In the order in which a browser should try them; the last one is the fallback.
FORMATS: tuple[ImageFormat, ...] = ("webp", "jpeg")


def filter_spec(*, width: int, image_format: ImageFormat) -> str:
    """Return Wagtail's filter for a picture of this width (smaller originals are not enlarged)."""
    return f"width-{width}|format-{image_format}"


def filter_specs() -> list[str]:
    """Return the filters of all presets, each once."""
    widths = sorted({width for preset in PRESETS.values() for width in preset})
    return [filter_spec(width=width, image_format=image_format) for width in widths for image_format in FORMATS]


def make_renditions(*, image: AbstractImage) -> int:
    """Make what is missing of the presets' renditions and return how many there are.

    A missing or broken file is logged and gives 0: one bad upload must not keep a page from being shown.
    """
    filters = [Filter(spec) for spec in filter_specs()]
    try:
        there = image.find_existing_renditions(*filters)
        if missing := [each for each in filters if each not in there]:
            with image.open_file() as file:
                original = file.read()
            for each in missing:
                _make_rendition(image, each, original)
        return len(filters)
    except Exception:  # Pillow raises nearly anything for a broken file: OSError, SyntaxError, struct.error …
        logger.warning("No renditions for image %s (%s)", image.pk, image.file.name, exc_info=True)
        return 0


def _make_rendition(image: AbstractImage, each: Filter, original: bytes) -> None:
    """Do as `AbstractImage.create_rendition`, which leaves its temporary files open."""
    source = File(BytesIO(original), name=image.file.name)
    with image.generate_rendition_file(each, source=source) as file:
        image.renditions.get_or_create(
            filter_spec=each.spec, focal_point_key=each.get_cache_key(image), defaults={"file": file}
        )


def connect() -> None:
    """Listen to Wagtail; called once, when the app is ready."""
    page_published.connect(_make_after_commit, dispatch_uid="hub_cms.make_renditions")


def _make_after_commit(*, instance: Any, **kwargs: Any) -> None:
    from cms.tasks import make_page_renditions  # noqa: PLC0415  # declaring a task reads the settings of its backend

    if isinstance(instance, HubPage):
        transaction.on_commit(partial(make_page_renditions.enqueue, page_id=instance.pk))
