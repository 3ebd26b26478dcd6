"""Files as people upload them, in each format that Wagtail knows, full of metadata of cameras and programs."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

NOTE = "secretplace"
SIZE = (700, 450)
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>{NOTE}</dc:creator></x:xmpmeta>'.encode()
# Photoshop's image resources with an IPTC record: 2:90, the city.
IPTC = b"\x1c\x02\x5a" + len(NOTE).to_bytes(2) + NOTE.encode()
PHOTOSHOP = b"8BIM\x04\x04\x00\x00" + len(IPTC).to_bytes(4) + IPTC + (b"\x00" if len(IPTC) % 2 else b"")


def exif(*, orientation: int | None = None) -> Image.Exif:
    """Return a camera's metadata: who, where, and how it was held."""
    notes = Image.Exif()
    notes[0x013B] = NOTE
    notes[0x010E] = NOTE
    notes.get_ifd(0x8825).update({1: "N", 2: (52.0, 0.0, 0.0), 3: "E", 4: (5.0, 0.0, 0.0)})
    if orientation:
        notes[0x0112] = orientation
    return notes


def ramp(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a picture in this mode that is dark on the left and light on the right."""
    grey = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(size)
    if mode == "I;16":
        return grey.convert("I").point(lambda value: value * 257).convert("I;16")
    return grey.convert("RGB").convert(mode) if mode != "L" else grey


def save(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture as a file of this kind."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _png_notes() -> PngInfo:
    notes = PngInfo()
    notes.add_text("Author", NOTE)
    notes.add_text("Comment", NOTE, zip=True)
    notes.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return notes


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _jpeg(mode: str = "RGB", **options: Any) -> bytes:
    file = save(ramp(mode), "JPEG", exif=exif(), xmp=XMP, comment=NOTE, **options)
    segment = b"Photoshop 3.0\x00" + PHOTOSHOP
    return file[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2) + segment + file[2:]


def _clear_palette() -> Image.Image:
    picture = ramp().quantize(64)
    picture.info["transparency"] = picture.getpixel((5, 5))
    return picture


def _frames() -> list[Image.Image]:
    return [ramp(), ramp().transpose(Image.Transpose.FLIP_TOP_BOTTOM).rotate(180), ramp().resize((70, 45)).resize(SIZE)]


def _animation(kind: str, **options: Any) -> bytes:
    first, *others = _frames()
    return save(first, kind, save_all=True, append_images=others, duration=[100, 200, 300], loop=0, **options)


def _damaged_notes(kind: str) -> bytes:
    """Return a picture with camera metadata that no program can read."""
    return save(ramp(), kind, exif=b"Exif\0\0" + NOTE.encode())


def _photo_behind_the_end() -> bytes:
    """Return a picture as phones store it: a second one follows after its end."""
    return save(ramp(), "JPEG") + _jpeg()


def _gif_with_xmp() -> bytes:
    file = save(ramp("L"), "GIF")
    start = 13 + 3 * (2 << (file[10] & 7))
    ends = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"  # as XMP's specification (part 3) has it
    return file[:start] + b"\x21\xff\x0bXMP DataXMP" + XMP + ends + file[start:]


def _gif_with_last_words() -> bytes:
    return save(ramp("L"), "GIF")[:-1] + b"\x21\xfe" + bytes([len(NOTE)]) + NOTE.encode() + b"\x00;"


UPLOADS: dict[str, Callable[[], bytes]] = {
    "photo.jpg": _jpeg,
    "print.jpg": lambda: _jpeg("CMYK"),
    "grey.jpg": lambda: _jpeg("L"),
    "profile.jpg": lambda: _jpeg(icc_profile=_profile()),
    "several.jpg": lambda: save(ramp(), "MPO", save_all=True, append_images=[ramp()], exif=exif()),
    "drawing.png": lambda: save(ramp(), "PNG", pnginfo=_png_notes(), exif=exif()),
    "palette.png": lambda: save(_clear_palette(), "PNG", pnginfo=_png_notes()),
    "clear.png": lambda: save(ramp("RGBA"), "PNG", pnginfo=_png_notes()),
    "lines.png": lambda: save(ramp("1"), "PNG", pnginfo=_png_notes()),
    "scan.png": lambda: save(ramp("I;16"), "PNG", pnginfo=_png_notes()),
    "moving.png": lambda: _animation("PNG", pnginfo=_png_notes()),
    "damaged.png": lambda: _damaged_notes("PNG"),
    "ended.png": lambda: save(ramp(), "PNG") + NOTE.encode(),
    "damaged.jpg": lambda: _damaged_notes("JPEG"),
    "ended.jpg": _photo_behind_the_end,
    "still.gif": lambda: save(ramp("L"), "GIF", comment=NOTE),
    "moving.gif": lambda: _animation("GIF", comment=NOTE),
    "xmp.gif": _gif_with_xmp,
    "words.gif": _gif_with_last_words,
    "damaged.webp": lambda: _damaged_notes("WEBP"),
    "photo.webp": lambda: save(ramp(), "WEBP", exif=exif(), xmp=XMP),
    "moving.webp": lambda: _animation("WEBP", exif=exif(), xmp=XMP),
    "photo.avif": lambda: save(ramp(), "AVIF", exif=exif(), xmp=XMP, speed=10),
    "photo.heic": lambda: save(ramp(), "HEIF", exif=exif().tobytes(), xmp=XMP),
    "scan.tiff": lambda: save(ramp("I;16"), "TIFF", description=NOTE),
    "print.tiff": lambda: save(ramp("CMYK"), "TIFF", artist=NOTE),
    "photo.bmp": lambda: save(ramp(), "BMP"),
}


def notes_in(file: bytes) -> set[str]:
    """Return the metadata of a file as far as Pillow can read it, and whether our own is among its bytes."""
    picture = Image.open(BytesIO(file))
    told = {"exif", "xmp", "comment", "photoshop", "icc_profile", "mp", "description"} & set(picture.info)
    told |= {"text"} if getattr(picture, "text", None) else set()
    if picture.info.get("exif"):
        told.add("exif")
    return told | ({"note"} if NOTE.encode() in file else set())
