"""The published sizes of images: made in the background when a page is published, never during a request."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from django.core.files.base import ContentFile
from django.db import transaction
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage, Filter

from cms.pictures.encode import FORMATS, ImageFormat, encodable, encode

logger = logging.getLogger(__name__)

PresetName = Literal["card", "wide"]

# The widths of each preset in pixels: "card" for lists, "wide" for a page's own picture and its body.
PRESETS: dict[PresetName, tuple[int, ...]] = {"card": (400, 800), "wide": (800, 1600)}
WIDTHS = sorted({width for preset in PRESETS.values() for width in preset})


def filter_spec(*, width: int, image_format: ImageFormat) -> str:
    """Return Wagtail's filter for a picture of this width (smaller originals are not enlarged)."""
    return f"width-{width}|format-{image_format}"


def filter_specs() -> list[str]:
    """Return the filters of all presets, without duplicates."""
    return [filter_spec(width=width, image_format=image_format) for width in WIDTHS for image_format in FORMATS]


def preset_widths(*, preset: PresetName, image: AbstractImage) -> list[int]:
    """Return the distinct widths of `preset` for this image: widths beyond its own share a file."""
    largest = _largest_width(image)
    return sorted({min(width, largest) for width in PRESETS[preset]})


def missing_renditions(image: AbstractImage) -> list[tuple[int, ImageFormat]]:
    """Return the widths and formats that the image still lacks; `prefetch_renditions` saves the query."""
    renditions = getattr(image, "prefetched_renditions", None)
    if renditions is None:
        renditions = image.renditions.filter(filter_spec__in=filter_specs())
    specs = {rendition.filter_spec for rendition in renditions}
    return [
        (width, image_format)
        for width in WIDTHS
        if width <= _largest_width(image)
        for image_format in encodable()
        if filter_spec(width=width, image_format=image_format) not in specs
    ]


def make_renditions(*, image: AbstractImage, formats: Collection[ImageFormat] = FORMATS) -> int:
    """Make the image's missing renditions in these formats, and return how many were made.

    A missing or broken file is logged and gives 0: one bad upload must not keep a page from being shown.
    """
    missing = [(width, image_format) for width, image_format in missing_renditions(image) if image_format in formats]
    if not missing or image.is_svg():
        return 0
    widths = sorted({width for width, _ in missing})
    wanted = {image_format for _, image_format in missing}
    formats = [image_format for image_format in FORMATS if image_format in wanted]
    try:
        with image.open_file() as file:
            original = file.read()
        files = encode(original, widths=widths, formats=formats)
        made = {(width, image_format): data for width, image_format, data in files}
    except Exception:  # Pillow raises nearly anything for a broken file: OSError, SyntaxError, struct.error …
        logger.warning("No renditions for image %s (%s)", image.pk, image.file.name, exc_info=True)
        return 0
    return _store(image, {key: made[key] for key in missing if key in made})


def _largest_width(image: AbstractImage) -> int:
    return next((width for width in WIDTHS if width >= image.width), WIDTHS[-1])


@transaction.atomic
def _store(image: AbstractImage, files: dict[tuple[int, ImageFormat], bytes]) -> int:
    """Store all files or none; none if the image was replaced or deleted meanwhile."""
    current = get_image_model().objects.select_for_update().filter(pk=image.pk).first()
    if current is None or current.file.name != image.file.name:
        return 0
    count = 0
    stem = Path(image.file.name).stem[:40]
    for (width, image_format), data in files.items():
        image_filter = Filter(filter_spec(width=width, image_format=image_format))
        name = f"{stem}.{width}.{'jpg' if image_format == 'jpeg' else image_format}"
        _, created = image.renditions.get_or_create(
            filter_spec=image_filter.spec,
            focal_point_key=image_filter.get_cache_key(image),
            defaults={"file": ContentFile(data, name=name)},
        )
        count += created
    return count
