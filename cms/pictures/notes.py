"""Remove what cameras and programs note in a picture's file (place, owner, texts) when it is stored.

The original must have no notes either: its address can be guessed from those of its smaller files, and more files are
made from it. Its pixels stay: files without notes are kept byte for byte, others are written again in the same format,
a JPEG with the same tables. Formats that browsers do not show (HEIC, TIFF) cannot be uploaded by default, and are kept
as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageFile, ImageOps, ImageSequence
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from cms.pictures.encode import MOST_PIXELS
from cms.pictures.note_blocks import READERS, has_note_blocks

logger = logging.getLogger(__name__)

# The keys of AVIF's notes (cms.pictures.note_blocks reads the other formats), and those that a picture needs.
NOTES = {"exif", "xmp"}
NEEDED = {"background", "dpi", "icc_profile", "transparency"}
OPTIONS: dict[str, dict[str, int]] = {
    "JPEG": {"optimize": True},
    "PNG": {"optimize": False},
    "GIF": {},
    "WEBP": {"quality": 92},
    "AVIF": {"quality": 85, "speed": 8, "max_threads": 1},
}


def without_notes(original: bytes) -> bytes:
    """Return the picture's file, upright and without notes; `original` itself if it has none or is of another kind.

    Raises Pillow's own errors for a file that is not a picture.
    """
    picture = Image.open(BytesIO(original))
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    if kind not in OPTIONS or not _has_notes(picture, original, kind=kind):
        return original
    file = BytesIO()
    if not getattr(picture, "is_animated", False) or kind == "JPEG":  # MPO: a photo with others attached
        _save_still(picture, file, kind=kind)
    elif frame_count(picture) * picture.width * picture.height <= MOST_PIXELS:
        _save_moving(picture, file, kind=kind)
    else:
        return original  # decoding it would take too much memory
    return file.getvalue()


def _has_notes(picture: ImageFile.ImageFile, original: bytes, *, kind: str) -> bool:
    if kind in READERS:
        return has_note_blocks(original, kind=kind)
    return bool(NOTES & picture.info.keys() or dict(picture.getexif()))


def frame_count(picture: ImageFile.ImageFile) -> int:
    """Return how many frames an animation has, 1 for a still picture."""
    return int(getattr(picture, "n_frames", 1))


def _save_still(picture: ImageFile.ImageFile, file: BytesIO, *, kind: str) -> None:
    options: dict[str, object] = {**OPTIONS[kind]}
    if isinstance(picture, JpegImageFile):
        options |= {"qtables": picture.quantization, "subsampling": get_sampling(picture)}
    if profile := picture.info.get("icc_profile"):
        options["icc_profile"] = profile  # its pixels are not converted to sRGB, unlike those of smaller files
    _plain(_upright(picture)).save(file, kind, **options)


def _upright(picture: ImageFile.ImageFile) -> Image.Image:
    picture.load()
    try:
        return ImageOps.exif_transpose(picture)
    except Exception as error:  # damaged notes raise nearly anything, and do not say which way is up
        logger.info("A picture's notes cannot be read, and are removed: %s", error)
        return picture


def _save_moving(picture: ImageFile.ImageFile, file: BytesIO, *, kind: str) -> None:
    repeats = {"loop": picture.info["loop"]} if "loop" in picture.info else {}
    frames = list(_frames(picture))
    durations = [frame.info.get("duration", 100) for frame in frames]
    first, *others = [_plain(frame) for frame in frames]
    first.save(file, kind, save_all=True, append_images=others, duration=durations, **repeats, **OPTIONS[kind])


def _frames(picture: ImageFile.ImageFile) -> Iterator[Image.Image]:
    """Yield the frames; for a truncated file, only the complete ones, as browsers do."""
    for number, frame in enumerate(ImageSequence.Iterator(picture)):
        try:
            yield frame.copy()
        except (OSError, SyntaxError):
            if number:
                return
            raise


def _plain(picture: Image.Image) -> Image.Image:
    picture.info = {name: value for name, value in picture.info.items() if name in NEEDED}
    return picture
