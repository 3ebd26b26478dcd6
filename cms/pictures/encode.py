"""Make smaller files from an uploaded picture, bytes to bytes; uses Pillow and knows nothing of Wagtail."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Literal

from PIL import Image, ImageCms, ImageOps, features

logger = logging.getLogger(__name__)

ImageFormat = Literal["avif", "webp", "jpeg"]

# In the order in which a browser should try them; the last one is the fallback.
FORMATS: tuple[ImageFormat, ...] = ("avif", "webp", "jpeg")
# AVIF: a slower speed than 6 takes several times as long and hardly saves bytes; a faster one adds a sixth.
# One thread, so that encoding leaves processor time for requests and mails.
OPTIONS: dict[ImageFormat, dict[str, int]] = {
    "avif": {"quality": 60, "speed": 6, "max_threads": 1},
    "webp": {"quality": 80},
    "jpeg": {"quality": 76, "progressive": True, "optimize": True},
}
# Larger pictures are refused, here and by the admin at upload (WAGTAILIMAGES_MAX_IMAGE_PIXELS).
MOST_PIXELS = 64_000_000


class TooManyPixels(ValueError):
    """The picture has more than MOST_PIXELS pixels."""


def encodable() -> tuple[ImageFormat, ...]:
    """Return the FORMATS that Pillow can write here, in their order."""
    return tuple(name for name in FORMATS if name == "jpeg" or features.check(name))


def encode(
    original: bytes, *, widths: Sequence[int], formats: Sequence[ImageFormat]
) -> Iterator[tuple[int, ImageFormat, bytes]]:
    """Yield (width, format, file) for each width in pixels and each format; nothing is enlarged.

    Pictures are turned upright, only the first frame of an animation is kept, colours become sRGB, and camera notes
    (place, time, owner) are removed. A file that a format cannot hold is logged and skipped. Raises TooManyPixels, and
    Pillow's own errors for a broken original.
    """
    picture = _open(original, widest=max(widths))
    for width in sorted(widths, reverse=True):
        if width < picture.width:
            height = max(1, round(picture.height * width / picture.width))
            picture = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for image_format in formats:
            file = BytesIO()
            try:
                _fit_for(picture, image_format).save(file, image_format.upper(), **OPTIONS[image_format])
            except Exception as error:  # a codec's own limits: WebP ends at 16,383 pixels
                logger.warning("Cannot write %s of %s by %s pixels: %s", image_format, *picture.size, error)
                continue
            yield width, image_format, file.getvalue()


def _open(original: bytes, *, widest: int) -> Image.Image:
    picture = Image.open(BytesIO(original))
    if picture.width * picture.height > MOST_PIXELS:
        raise TooManyPixels(f"{picture.width} by {picture.height} pixels")
    picture.draft(None, (widest, widest))  # decodes a large JPEG at half, a quarter or an eighth of its size
    return plain(picture)


def plain(picture: Image.Image) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB, upright, with its pixels only and no notes.

    The colour profile is removed too: without one, sRGB is assumed everywhere, and a profile may name an owner or a
    screen.
    """
    converted = _in_srgb(_in_eight_bits(ImageOps.exif_transpose(picture)))
    converted.info = {}
    return converted


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Return the picture with 8 bits per channel: Pillow's own conversion clips values above 255."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    deep = picture.convert("F")
    extrema: Any = deep.getextrema()  # two numbers for one channel, which Pillow's types do not say
    lowest, highest = extrema
    if picture.mode.startswith("I;16"):
        lowest, highest = 0, 65535
    elif lowest >= 0 and highest <= 255:
        lowest, highest = 0, 255
    scale = 255 / (highest - lowest or 1)
    return deep.point(lambda value: value * scale + (0.5 - lowest * scale)).convert("L")


def _in_srgb(picture: Image.Image) -> Image.Image:
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            logger.info("A picture's colour profile is ignored: %s", error)
        else:
            if converted is not None:
                return converted
    return picture.convert(mode)


def _fit_for(picture: Image.Image, image_format: ImageFormat) -> Image.Image:
    """Return the picture in a form that the format can hold: JPEG has no transparency, so it gets a white ground."""
    if image_format != "jpeg" or picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
