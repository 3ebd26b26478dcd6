"""Find notes in a picture's file: every block that is not part of the picture itself.

Pillow does not report all of them (XMP in a GIF, a second comment, data after the end), and fails on some damaged ones,
so the file is read block by block. AVIF, whose boxes are nested, is left to Pillow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import error, unpack_from

# JFIF, the colour profile and Adobe's colour transform; every other application segment is a note.
JPEG_PLAIN = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
PNG_PLAIN = set(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP bKGD pHYs sBIT hIST cICP mDCV cLLI acTL fcTL fdAT".split()
)
WEBP_PLAIN = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
GIF_PLAIN = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}  # how often the animation repeats


def has_note_blocks(file: bytes, *, kind: str) -> bool:
    """Return whether a file of this kind (JPEG, PNG, GIF or WEBP) holds more than its picture, or is truncated."""
    try:
        return any(READERS[kind](file)) if kind in READERS else False
    except (IndexError, ValueError, error):
        return True


def _jpeg(file: bytes) -> Iterator[bool]:
    place = 2
    while (marker := file[place + 1]) != 0xDA:  # the scan
        size = int.from_bytes(file[place + 2 : place + 4], "big")
        if marker == 0xFF:  # padding
            place += 1
            continue
        known = JPEG_PLAIN.get(marker)
        yield marker == 0xFE or (0xE0 <= marker <= 0xEF and not (known and file.startswith(known, place + 4)))
        place += 2 + size
    end = file.index(b"\xff\xd9", place)
    yield bool(re.search(rb"\xff[\xe0-\xef\xfe]", file[place:end]) or file[end + 2 :].strip(b"\0"))


def _png(file: bytes) -> Iterator[bool]:
    place, name = 8, b""
    while name != b"IEND":
        size, name = int.from_bytes(file[place : place + 4], "big"), file[place + 4 : place + 8]
        yield name not in PNG_PLAIN
        place += 12 + size
    yield len(file) > place


def _webp(file: bytes) -> Iterator[bool]:
    end, place = 8 + unpack_from("<I", file, 4)[0], 12
    while place < end:
        yield file[place : place + 4] not in WEBP_PLAIN
        place += 8 + (size := unpack_from("<I", file, place + 4)[0]) + size % 2
    yield len(file) > end + end % 2


def _gif(file: bytes) -> Iterator[bool]:
    place = 13 + _colours(file[10])
    while (kind := file[place]) != 0x3B:  # the trailer
        if kind == 0x21:
            label, name = file[place + 1], file[place + 3 : place + 14]
            yield label in {0x01, 0xFE} or (label == 0xFF and name not in GIF_PLAIN)
            place += 2
        elif kind == 0x2C:
            place += 10 + _colours(file[place + 9]) + 1
        else:
            raise ValueError(kind)
        while size := file[place]:
            place += 1 + size
        place += 1
    yield bool(file[place + 1 :].strip(b"\0"))


def _colours(flags: int) -> int:
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


READERS = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif}
