"""Pictures: the API's `Image`, built from Wagtail's images and their existing renditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import unquote

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db.models import Prefetch, prefetch_related_objects
from wagtail.admin.utils import get_admin_base_url
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage, AbstractRendition

from cms.api.values import Image, ImageSource, Point, SourceFile
from cms.content.queries import public_files
from cms.content.site_tree import structure
from cms.pictures.encode import FORMATS, ImageFormat
from cms.pictures.renditions import PresetName, filter_spec, filter_specs, preset_widths


def load_images(keys: Collection[int], *, at_hand: Iterable[AbstractImage] = ()) -> dict[int, AbstractImage]:
    """Return the public images with these keys and their existing renditions, in two queries.

    Images that are `at_hand` already are not loaded again.
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


def build_image(*, image: AbstractImage, alt: str, preset: PresetName, is_decorative: bool = False) -> Image | None:
    """Return `image` (from `load_images`) with the files of `preset`; `alt` takes precedence over its description.

    None if there is no file yet: the original, which may say where and by whom it was taken, is never published.
    No file is opened.
    """
    renditions = {rendition.filter_spec: rendition for rendition in image.prefetched_renditions}
    widths = preset_widths(preset=preset, image=image)
    sources = [source for image_format in FORMATS if (source := _source(renditions, widths, image_format))]
    if not sources:
        return None
    src = sources[-1].srcset[-1]
    turned = _is_turned(image, next(iter(renditions.values())))
    return Image(
        alt="" if is_decorative else alt or image.description,
        width=image.height if turned else image.width,
        height=image.width if turned else image.height,
        focal_point=_focal_point(image),
        src=src.url,
        src_width=src.width,
        src_height=src.height,
        sources=sources,
    )


def absolute(url: str) -> str:
    """Return the full address of a file that this server serves."""
    return f"{get_admin_base_url() or ''}{url}" if url.startswith("/") else url


def file_size(url: str) -> int | None:
    """Return the size in bytes of the file that this server serves at `url`; None if it is elsewhere or missing.

    Only a storage that is a local folder is asked: others would need a request per file.
    """
    base = absolute(getattr(default_storage, "base_url", "") or "")
    if not base or not url.startswith(base):
        return None
    try:
        return Path(default_storage.path(unquote(url.removeprefix(base)))).stat().st_size
    except (NotImplementedError, OSError, SuspiciousFileOperation, ValueError):
        return None


def _source(
    renditions: dict[str, AbstractRendition], widths: list[int], image_format: ImageFormat
) -> ImageSource | None:
    specs = (filter_spec(width=width, image_format=image_format) for width in widths)
    files = [_file(renditions[spec]) for spec in specs if spec in renditions]
    if not files:
        return None
    return ImageSource(format=image_format, mime_type=f"image/{image_format}", srcset=files)


def _file(rendition: AbstractRendition) -> SourceFile:
    return SourceFile(url=absolute(rendition.file.url), width=rendition.width, height=rendition.height)


def _is_turned(image: AbstractImage, rendition: AbstractRendition) -> bool:
    """Return whether the camera was held sideways: Wagtail then stores the size of the picture before its rotation."""
    return (image.width > image.height) != (rendition.width > rendition.height) and rendition.width != rendition.height


def _focal_point(image: AbstractImage) -> Point | None:
    if not image.has_focal_point() or not image.width or not image.height:
        return None
    return Point(
        x=round(min(image.focal_point_x / image.width, 1), 4),
        y=round(min(image.focal_point_y / image.height, 1), 4),
    )
