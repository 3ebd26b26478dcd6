"""Whatever picture staff upload, its renditions are small, upright, in sRGB, and contain no metadata."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from PIL import Image, ImageCms, ImageDraw, features

from cms.pictures.encode import FORMATS, MOST_PIXELS, TooManyPixels, encodable, encode

WIDTHS = (400, 800, 1600)


def file_of(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def files_of(original: bytes, *, widths: Any = (400,), formats: Any = FORMATS) -> dict[tuple[int, str], Image.Image]:
    made = {(width, each): data for width, each, data in encode(original, widths=widths, formats=formats)}
    found: dict[tuple[int, str], Image.Image] = {key: Image.open(BytesIO(data)) for key, data in made.items()}
    assert all(picture.format == each.upper() for (_, each), picture in found.items())
    return found


def near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(found, wanted, strict=True))


def test_the_wheels_of_pillow_write_all_three_formats() -> None:
    assert features.check("avif")
    assert encodable() == FORMATS == ("avif", "webp", "jpeg")


def test_a_format_that_pillow_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: name == "webp")
    assert encodable() == ("webp", "jpeg")


def test_each_width_comes_in_each_format_and_keeps_its_shape() -> None:
    found = files_of(file_of(Image.new("RGB", (2000, 1001), "#ffcf24")), widths=WIDTHS)
    assert {key: picture.size for key, picture in found.items()} == {
        (width, each): (width, round(width * 1001 / 2000)) for width in WIDTHS for each in FORMATS
    }
    assert all(near(picture.convert("RGB").getpixel((5, 5)), (255, 207, 36)) for picture in found.values())


def test_nothing_is_enlarged() -> None:
    found = files_of(file_of(Image.new("RGB", (300, 200))), widths=WIDTHS)
    assert {picture.size for picture in found.values()} == {(300, 200)}


def test_transparency_stays_where_it_can_and_is_white_in_jpeg() -> None:
    clear = Image.new("RGBA", (500, 500), (255, 0, 0, 0))
    palette = clear.quantize()
    grey = Image.new("LA", (500, 500), (0, 0))
    for picture in (clear, palette, grey):
        found = files_of(file_of(picture))
        assert found[400, "avif"].convert("RGBA").getchannel("A").getpixel((200, 200)) == 0
        assert found[400, "webp"].convert("RGBA").getchannel("A").getpixel((200, 200)) == 0
        assert found[400, "jpeg"].getpixel((200, 200)) == (255, 255, 255)


def test_an_animation_stands_still() -> None:
    frames = [Image.new("RGB", (500, 300), colour) for colour in ("red", "lime", "blue")]
    found = files_of(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    assert not any(getattr(picture, "is_animated", False) for picture in found.values())
    assert near(found[400, "jpeg"].getpixel((5, 5)), (254, 0, 0))


def test_print_colours_become_screen_colours() -> None:
    found = files_of(file_of(Image.new("CMYK", (500, 300), (0, 255, 255, 0)), "JPEG"))
    assert {picture.mode for picture in found.values()} == {"RGB"}
    assert all(near(picture.getpixel((5, 5)), (254, 0, 0)) for picture in found.values())


def test_colours_of_a_profile_become_srgb_and_a_broken_profile_is_left_out() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab, b"no profile"):
        found = files_of(file_of(Image.new("RGB", (500, 300), "#ffcf24"), icc_profile=profile))
        assert all(near(picture.getpixel((5, 5)), (255, 207, 36)) for picture in found.values())
        assert not any(picture.info.get("icc_profile") for picture in found.values())


def test_sixteen_bits_become_eight() -> None:
    found = files_of(file_of(Image.new("I;16", (500, 300), 32896)))
    assert all(near(picture.convert("RGB").getpixel((5, 5)), (128, 128, 128)) for picture in found.values())


def test_a_camera_on_its_side_gives_an_upright_picture_without_its_notes() -> None:
    picture, notes = Image.new("RGB", (1000, 600), "red"), Image.Exif()
    ImageDraw.Draw(picture).rectangle((0, 0, 100, 600), "blue")
    notes[0x0112] = 6  # orientation: turn a quarter, clockwise
    notes[0x010E] = "secretplace"
    original = file_of(picture, "JPEG", exif=notes)
    assert b"secretplace" in original
    for width, each, data in encode(original, widths=(400,), formats=FORMATS):
        found = Image.open(BytesIO(data))
        assert found.size == (width, 667), each
        assert near(found.getpixel((200, 20)), (0, 0, 254)), each  # what was on the left is at the top
        assert not dict(found.getexif())
        assert b"secretplace" not in data


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 5000), (3, 2)])
def test_odd_sizes_work(size: tuple[int, int]) -> None:
    found = files_of(file_of(Image.new("RGB", size)), widths=(400, 1600))
    assert len(found) == 6
    assert all(1 <= picture.width <= 1600 for picture in found.values())


def test_what_one_format_cannot_hold_comes_in_the_others(caplog: Any) -> None:
    found = files_of(file_of(Image.new("RGB", (1, 20_000))))
    assert {each for _, each in found} == {"avif", "jpeg"}
    assert "Cannot write webp of 1 by 20000 pixels" in caplog.text


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    side = 9000
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(TooManyPixels, match="9000 by 9000"):
        list(encode(bomb, widths=(400,), formats=FORMATS))


def test_the_admin_refuses_what_would_be_refused_later() -> None:
    assert settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS == MOST_PIXELS
