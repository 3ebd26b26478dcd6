"""An image has the files that exist: the formats in order, sizes for the page's layout, and a fallback file."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as Picture
from wagtail.images.models import Image

from cms.api.lookups.images import build_image, load_images
from cms.pictures.encode import FORMATS
from cms.pictures.renditions import make_renditions
from tests.cms.pictures.uploads import SIZE, UPLOADS, notes_in


def loaded(image: Any) -> Any:
    return load_images([image.pk])[image.pk]


def built(image: Any, **options: Any) -> Any:
    return build_image(image=loaded(image), **{"alt": "", "preset": "wide", **options})


def test_an_image_comes_in_its_formats_each_file_with_its_size(make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    make_renditions(image=image)
    for preset, widths in (("card", [400, 800]), ("wide", [800, 1600])):
        found = built(image, preset=preset)
        assert [source.format for source in found.sources] == list(FORMATS)
        for source in found.sources:
            assert [(file.width, file.height) for file in source.srcset] == [(width, width // 2) for width in widths]
            assert source.mime_type == f"image/{source.format}"
            assert all(file.url.startswith("http://hub.test/media/images/") for file in source.srcset)
        assert (found.width, found.height) == (2000, 1000)
        assert (found.src, found.src_width, found.src_height) == (
            found.sources[-1].srcset[-1].url,
            widths[-1],
            widths[-1] // 2,
        )


def test_a_small_original_stands_once_in_each_srcset(make_image: Any) -> None:
    image = make_image(width=300, height=200)
    make_renditions(image=image)
    for preset in ("card", "wide"):
        assert [[file.width for file in each.srcset] for each in built(image, preset=preset).sources] == [[300]] * 3


def test_until_there_are_renditions_there_is_no_picture(make_image: Any) -> None:
    assert built(make_image(width=2000, height=1000)) is None


@pytest.mark.parametrize("lost", ["jpeg", "webp", "avif"])
def test_of_renditions_that_are_partly_there_the_rest_shows(make_image: Any, lost: str) -> None:
    image = make_image(width=2000, height=1000)
    make_renditions(image=image)
    image.renditions.filter(filter_spec__endswith=lost).delete()
    image.renditions.filter(filter_spec__startswith="width-1600").delete()
    found = built(image)
    assert [source.format for source in found.sources] == [each for each in FORMATS if each != lost]
    assert all([file.width for file in source.srcset] == [800] for source in found.sources)
    assert found.src == found.sources[-1].srcset[-1].url


@pytest.mark.parametrize("name", UPLOADS)
def test_every_kind_of_upload_shows_in_every_format_and_says_nothing_of_who_made_it_where(
    make_article: Any, client: Any, name: str, media: Path
) -> None:
    original = UPLOADS[name]()
    image = Image.objects.create(title="A", file=ImageFile(BytesIO(original), name=name))
    text = f'<p>See</p><embed embedtype="image" id="{image.pk}" format="left" alt=""/>'
    page = make_article("one", image=image, body=[("image", {"image": image}), ("text", text)])
    where = (f"/api/v1/pages/{page.pk}", "/api/v1/pages", "/api/v1/feed.json", "/api/v1/feed.rss", page.url)
    assert not any(b"/media/" in client.get(address).content for address in where)
    make_renditions(image=image)
    for address in where:
        said = client.get(address).content.decode()
        files = set(re.findall(r"http://hub\.test(/media/[^\"?&<\s\\\\]+)", said))
        assert files, address
        for file in files:
            assert "original" not in file
            assert not notes_in((media / file.removeprefix("/media/")).read_bytes()), (address, file)
    built_now = built(image)
    assert (built_now.width, built_now.height) == SIZE
    jpeg: Any = Picture.open(media / built_now.src.partition("/media/")[2])
    left, middle, right = jpeg.convert("L").resize((3, 1), Picture.Resampling.BOX).get_flattened_data()
    assert left < middle - 60 < right - 120, (left, middle, right)


def test_a_picture_from_a_camera_on_its_side_has_the_size_that_readers_see(db: None) -> None:
    file, notes = BytesIO(), Picture.Exif()
    notes[0x0112] = 6
    Picture.new("RGB", (1000, 600), "red").save(file, "JPEG", exif=notes)
    image = Image.objects.create(title="Phone", file=ImageFile(file, name="phone.jpg"))
    # Like a file that was stored before uploads were turned upright.
    Path(image.file.path).write_bytes(file.getvalue())
    Image.objects.filter(pk=image.pk).update(width=1000, height=600)
    image = Image.objects.get(pk=image.pk)
    make_renditions(image=image)
    found = built(image)
    assert (found.width, found.height) == (600, 1000)
    assert (found.src_width, found.src_height) == (600, 1000)


def test_the_focal_point_is_a_fraction_and_stays_inside(make_shown_image: Any) -> None:
    image = make_shown_image(focal_point_x=250, focal_point_y=900, focal_point_width=10, focal_point_height=10)
    assert built(image).focal_point.model_dump() == {"x": 0.25, "y": 1}
    assert built(make_shown_image()).focal_point is None


def test_any_number_of_images_is_built_from_one_load(make_image: Any) -> None:
    images = [make_image(width=10, height=10) for _ in range(10)]
    for image in images:
        make_renditions(image=image)
    found = load_images([image.pk for image in images])
    with CaptureQueriesContext(connection) as captured:
        for image in found.values():
            built = build_image(image=image, alt="", preset="card")
            assert built
            assert len(built.sources) == 3
    assert len(captured) == 0
