"""An image comes in what there is of it: the formats in order, sizes for the page's layout, a file that shows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as Picture
from wagtail.images.models import Image

from cms.api.images import build_image, load_images
from cms.encode import FORMATS
from cms.renditions import make_renditions


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


def test_until_there_are_renditions_the_original_shows(make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    found = built(image)
    assert (found.sources, found.src) == ([], f"http://hub.test{image.file.url}")
    assert (found.src_width, found.src_height) == (2000, 1000)


@pytest.mark.parametrize("lost", ["jpeg", "webp", "avif"])
def test_of_renditions_that_are_partly_there_the_rest_shows(make_image: Any, lost: str) -> None:
    image = make_image(width=2000, height=1000)
    make_renditions(image=image)
    image.renditions.filter(filter_spec__endswith=lost).delete()
    image.renditions.filter(filter_spec__startswith="width-1600").delete()
    found = built(image)
    assert [source.format for source in found.sources] == [each for each in FORMATS if each != lost]
    assert all([file.width for file in source.srcset] == [800] for source in found.sources)
    assert found.src == (f"http://hub.test{image.file.url}" if lost == "jpeg" else found.sources[-1].srcset[-1].url)


@pytest.mark.parametrize(("name", "shown"), [("a.heic", False), ("a.TIFF", False), ("a.bmp", False), ("a.GIF", True)])
def test_an_original_that_browsers_do_not_show_waits_for_its_renditions(
    make_image: Any, make_article: Any, client: Any, name: str, shown: bool
) -> None:
    image = make_image()
    image.file = ImageFile(BytesIO(Path(image.file.path).read_bytes()), name=name)
    image.save()
    assert bool(built(image)) is shown
    page = make_article("one", image=image, body=[("image", {"image": image})])
    answer = client.get(f"/api/v1/pages/{page.pk}").json()
    assert (answer["image"] is not None, len(answer["body"])) == (shown, int(shown))
    make_renditions(image=image)
    assert built(image).src.endswith(".jpg")


def test_a_picture_from_a_camera_on_its_side_has_the_size_that_readers_see(db: None) -> None:
    file, notes = BytesIO(), Picture.Exif()
    notes[0x0112] = 6
    Picture.new("RGB", (1000, 600), "red").save(file, "JPEG", exif=notes)
    image = Image.objects.create(title="Phone", file=ImageFile(file, name="phone.jpg"))
    assert (image.width, image.height) == (1000, 600)  # Wagtail's: before it is turned
    make_renditions(image=image)
    found = built(image)
    assert (found.width, found.height) == (600, 1000)
    assert (found.src_width, found.src_height) == (600, 1000)


def test_the_focal_point_is_a_fraction_and_stays_inside(make_image: Any) -> None:
    image = make_image(focal_point_x=250, focal_point_y=900, focal_point_width=10, focal_point_height=10)
    assert built(image).focal_point.model_dump() == {"x": 0.25, "y": 1}
    assert built(make_image()).focal_point is None


def test_any_number_of_images_is_built_from_one_load(make_image: Any) -> None:
    images = [make_image(width=10, height=10) for _ in range(10)]
    for image in images:
        make_renditions(image=image)
    found = load_images([image.pk for image in images])
    with CaptureQueriesContext(connection) as captured:
        for image in found.values():
            assert len(build_image(image=image, alt="", preset="card").sources) == 3
    assert len(captured) == 0
