"""Pictures: from Wagtail's images and the renditions that are there to the API's `Image`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from wagtail.admin.utils import get_admin_base_url
from wagtail.images import get_image_model
from wagtail.images.models import Filter

from cms.api.values import Image, ImageSource, Point, SourceFile
from cms.queries import public_files
from cms.renditions import FORMATS, PRESETS, ImageFormat, PresetName, filter_spec, filter_specs
from cms.structure import structure


def load_images(keys: Collection[int], *, at_hand: Iterable[Any] = ()) -> dict[int, Any]:
    """Return the public images with these keys, each with the renditions that exist: a query for each of the two.

    What is `at_hand` already is not loaded again.
    """
    closed = structure().closed_collections if keys else ()
    found = {image.pk: image for image in at_hand if image.pk in keys and image.collection_id not in closed}
    if others := set(keys) - found.keys() - {image.pk for image in at_hand}:
        found |= {image.pk: image for image in public_files(get_image_model()).filter(pk__in=others)}
    renditions = get_image_model().get_rendition_model().objects.filter(filter_spec__in=filter_specs())
    prefetch_related_objects(
        list(found.values()), Prefetch("renditions", queryset=renditions, to_attr="prefetched_renditions")
    )
    return found


def build_image(*, image: Any, alt: str, preset: PresetName) -> Image:
    """Return `image` (from `load_images`) in the files of `preset`; `alt` wins over its own description."""
    sources = [source for image_format in FORMATS if (source := _source(image, preset, image_format))]
    fallback = next((source for source in sources if source.format == FORMATS[-1]), None)
    return Image(
        alt=alt or image.description,
        width=image.width,
        height=image.height,
        focal_point=_focal_point(image),
        src=fallback.srcset[-1].url if fallback else absolute(image.file.url),
        sources=sources,
    )


def absolute(url: str) -> str:
    """Return the full address of a file that this server gives out."""
    return f"{get_admin_base_url() or ''}{url}" if url.startswith("/") else url


def _source(image: Any, preset: PresetName, image_format: ImageFormat) -> ImageSource | None:
    filters = [Filter(filter_spec(width=width, image_format=image_format)) for width in PRESETS[preset]]
    renditions = image.find_existing_renditions(*filters).values()
    # A small original gives the same width for several filters.
    files = {rendition.width: rendition.full_url for rendition in renditions}
    if not files:
        return None
    return ImageSource(
        format=image_format,
        mime_type=f"image/{image_format}",
        srcset=[SourceFile(url=files[width], width=width) for width in sorted(files)],
    )


def _focal_point(image: Any) -> Point | None:
    if not image.has_focal_point() or not image.width or not image.height:
        return None
    return Point(
        x=round(min(image.focal_point_x / image.width, 1), 4),
        y=round(min(image.focal_point_y / image.height, 1), 4),
    )
