"""No stored picture says where and by whom it was taken, and none looks different because of that."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image as Picture
from PIL import ImageChops, ImageSequence
from wagtail.images.models import Image

from cms.pictures.notes import without_notes
from cms.pictures.renditions import make_renditions
from cms.pictures.upload_form import ReadableImageField
from tests.cms.pictures.uploads import NOTE, SIZE, UPLOADS, exif, notes_in, ramp, save

KINDS = [name for name in UPLOADS if not name.endswith((".tiff", ".bmp", ".heic"))]


@pytest.fixture
def admin(client: Any, admin_user: Any) -> Iterator[Any]:
    """A signed-in browser, without ResourceWarnings: Wagtail leaves temporary files of renditions to the collector."""
    warnings.simplefilter("ignore", ResourceWarning)
    client.force_login(admin_user)
    yield client
    gc.collect()


def frames(file: bytes) -> list[tuple[Any, Any]]:
    return [
        (frame.convert("RGBA"), frame.info.get("duration"))
        for frame in ImageSequence.Iterator(Picture.open(BytesIO(file)))
    ]


@pytest.mark.parametrize("name", KINDS)
def test_a_file_loses_its_notes_and_looks_as_it_did(name: str) -> None:
    original = UPLOADS[name]()
    plain = without_notes(original)
    assert notes_in(original)
    assert notes_in(plain) <= {"icc_profile"}
    assert without_notes(plain) == plain
    before, after = frames(original), frames(plain)
    assert len(after) == (len(before) if name.startswith("moving") else 1)
    for (old, shown), (new, stays) in zip(before, after, strict=False):
        assert shown == stays
        extrema: Any = ImageChops.difference(old, new).getextrema()
        assert max(most for _, most in extrema) <= 4
    assert Picture.open(BytesIO(plain)).mode == Picture.open(BytesIO(original)).mode or name.startswith("moving")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_file_without_notes_is_kept_byte_by_byte(kind: str) -> None:
    file = save(ramp(), kind)
    assert without_notes(file) == file


def test_the_colour_profile_stays_with_the_original() -> None:
    assert notes_in(without_notes(UPLOADS["profile.jpg"]())) == {"icc_profile"}


def turned() -> bytes:
    return save(ramp(size=(1000, 600)), "JPEG", exif=exif(orientation=6))


@pytest.mark.parametrize("name", ["wagtailimages:add", "wagtailimages:edit", "wagtailimages_chooser:create"])
def test_an_upload_is_stored_upright_and_without_notes(admin: Any, make_image: Any, name: str, media: Path) -> None:
    image = make_image()
    prefix = "image-chooser-upload-" if "chooser" in name else ""
    fields = {
        "title": "New",
        "description": "",
        "tags": "",
        "collection": image.collection_id,
        "file": ContentFile(turned(), name="new.jpg"),
    }
    address = reverse(name, args=[image.pk] if name.endswith("edit") else [])
    assert admin.post(address, {f"{prefix}{key}": value for key, value in fields.items()}).status_code in {200, 302}
    stored = Image.objects.get(title="New")
    file = Path(stored.file.path).read_bytes()
    assert not notes_in(file)
    assert (stored.width, stored.height) == Picture.open(BytesIO(file)).size == (600, 1000)
    assert stored.file_size == len(file)
    kept = stored.file_hash
    stored._set_file_hash()  # noqa: SLF001 - the hash of the file as it is, by whatever Wagtail makes it with
    assert stored.file_hash == kept
    assert not any(NOTE.encode() in each.read_bytes() for each in media.rglob("*.*"))


@pytest.mark.parametrize("name", ["moving.png", "moving.gif"])
def test_an_animation_that_ends_too_soon_loses_its_notes_too(name: str) -> None:
    plain = without_notes(UPLOADS[name]()[:-400])
    assert not notes_in(plain)
    assert len(frames(plain)) == 2


@pytest.mark.parametrize(
    "name", ["photo.jpg", "drawing.png", "still.gif", "moving.png", "moving.gif", "moving.webp", "photo.avif"]
)
def test_the_admin_takes_no_torn_picture(admin: Any, name: str) -> None:
    file = UPLOADS[name]()
    fields = {"title": "New", "description": "", "tags": "", "collection": 1}
    for torn in (file[: len(file) // 2], file[: -len(file) // 10]):
        upload = ContentFile(torn, name=name)
        response = admin.post(reverse("wagtailimages:add"), fields | {"file": upload})
        (words,) = response.context["form"].errors["file"]
        assert words.startswith("Upload a valid image."), name
    assert not Image.objects.exists()


def test_what_a_phone_keeps_beside_a_photo_may_be_torn() -> None:
    file = ContentFile(UPLOADS["several.jpg"]()[:-400], name="several.jpg")
    assert ReadableImageField().clean(file)


def test_an_animation_too_large_to_unpack_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    file = ContentFile(UPLOADS["moving.gif"]()[:-400], name="moving.gif")
    monkeypatch.setattr("cms.pictures.upload_form.MOST_PIXELS", 3 * SIZE[0] * SIZE[1] - 1)
    assert ReadableImageField().clean(file)


@pytest.mark.parametrize(
    "name", ["moving.png", "moving.gif", "scan.png", "several.jpg", "print.jpg", "moving.webp", "photo.avif"]
)
def test_the_admin_takes_every_good_picture(admin: Any, name: str) -> None:
    file = ContentFile(UPLOADS[name](), name=name)
    fields = {"title": "New", "description": "", "tags": "", "file": file}
    response = admin.post(reverse("wagtailimages:add"), fields | {"collection": 1})
    assert response.status_code == 302, response.context["form"].errors
    page = admin.get(reverse("wagtailimages:edit", args=[Image.objects.get().pk]))
    assert b"/media/images/" in page.content
    assert b"original_images" not in page.content


def test_the_command_takes_the_notes_out_of_what_was_stored_before(db: None, media: Path) -> None:
    image = Image.objects.create(title="Old", file=ImageFile(BytesIO(save(ramp(), "JPEG")), name="old.jpg"))
    make_renditions(image=image)
    Path(image.file.path).write_bytes(turned())
    Image.objects.update(width=1000, height=600)
    sent = image.renditions.get(filter_spec="width-800|format-jpeg")
    Path(sent.file.path).write_bytes(UPLOADS["photo.jpg"]())

    def run() -> str:
        out = StringIO()
        call_command("take_out_notes", stdout=out)
        return out.getvalue()

    assert run() == "Removed notes from 1 pictures and 1 smaller files.\n"
    stored = Image.objects.get()
    assert not notes_in(Path(stored.file.path).read_bytes())
    assert (stored.width, stored.height) == (600, 1000)
    assert not notes_in(Path(sent.file.path).read_bytes())  # under the address that a sent mail has
    assert len(list((media / "original_images").iterdir())) == 1
    assert not any(NOTE.encode() in each.read_bytes() for each in media.rglob("*.*"))
    assert run() == "Removed notes from 0 pictures and 0 smaller files.\n"
