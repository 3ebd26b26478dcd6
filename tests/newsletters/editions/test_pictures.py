"""The pictures of a mail: no larger than their files, in their own shape, and without camera metadata."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.images import ImageFile
from django.utils import translation
from PIL import Image as Picture
from wagtail.images.models import Image

from newsletters.issues.checking import run_checks
from team.models import PersonPage, TeamPage
from tests.cms.pictures.uploads import UPLOADS, notes_in
from tests.conftest import add_page
from tests.newsletters.building import Hub


def upload(name: str, file: bytes) -> Image:
    return Image.objects.create(title="A", description="What it shows", file=ImageFile(BytesIO(file), name=name))


def show(hub: Hub, *, lead: Any = None, story: Any = None, own: Any = None, portrait: Any = None) -> None:
    """Put these pictures into the issue, each in its place."""
    stories: list[Any] = [
        hub.story("open-data", image=lead, is_lead=True),
        hub.story("town-meeting", image=story),
    ]
    if own:
        stories.append(("image", {"image": own, "texts": []}))
    if portrait:
        team = add_page(hub.page.get_parent(), TeamPage(title="Team", slug="team"))
        page = add_page(team, PersonPage(title="Nadi", slug="nadi", function="Facilitator", image=portrait))
        stories.append(("person", {"page": page, "texts": []}))
    hub.edit(stories=stories)


def shown(hub: Hub) -> list[Any]:
    html = hub.compile().editions[hub.locales["en"]].html
    return BeautifulSoup(html, "html.parser").find_all("img")


def file_of(img: Any, media: Path) -> Path:
    return media / str(img["src"]).partition("/media/")[2]


def found(hub: Hub, language: str = "en") -> set[tuple[str, str]]:
    with translation.override(language):
        findings = run_checks(hub.draft(), compiled=hub.compile(), now=hub.now)
    return {(one.code, one.message) for one in findings if one.code.startswith(("picture-", "remark"))}


@pytest.mark.parametrize(
    ("size", "columns"),
    [((200, 60), 1), ((40, 4000), 2), ((300, 200), 2), ((1, 1), 1), ((3000, 20), 2), ((2400, 1600), 1), ((537, 1), 1)],
)
def test_no_picture_is_wider_than_its_file_or_out_of_shape(
    hub: Hub, make_picture: Any, media: Path, size: tuple[int, int], columns: int
) -> None:
    width, height = size
    hub.newsletter.columns = columns
    hub.newsletter.logo = hub.newsletter.dark_logo = make_picture("Logo", width=width, height=height)
    hub.newsletter.save()
    picture = make_picture("A", width=width, height=height)
    show(hub, lead=picture, story=picture, own=picture, portrait=picture)
    images = shown(hub)
    assert len(images) == 6
    for image in images:
        wide, high = Picture.open(file_of(image, media)).size
        assert 1 <= int(image["width"]) <= wide, image
        least, most = (high / wide * (int(image["width"]) + rounding) for rounding in (-0.5, 0.5))
        assert least - 1 <= int(image["height"]) <= most + 1, image
        assert "height:auto" in image["style"]
        if re.search(r"(?<!max-)width:100%", image["style"]):
            limit = re.search(r"max-width:(\d+)px", image["style"])
            assert limit is not None
            assert int(limit[1]) <= wide


@pytest.mark.parametrize("name", UPLOADS)
def test_every_kind_of_upload_shows_and_says_nothing_of_who_made_it_where(
    hub: Hub, make_picture: Any, media: Path, name: str
) -> None:
    picture = upload(name, UPLOADS[name]())
    hub.newsletter.logo = picture
    hub.newsletter.save()
    show(hub, lead=picture, story=picture, own=picture)
    images = shown(hub)
    assert len(images) == 4
    for image in images:
        assert "original_images" not in image["src"]
        assert not notes_in(file_of(image, media).read_bytes()), image["src"]
    grey: Any = Picture.open(file_of(images[1], media)).convert("L").resize((3, 1), Picture.Resampling.BOX)
    left, middle, right = grey.get_flattened_data()
    assert left < middle - 60 < right - 120
    assert {code for code, _ in found(hub)} == set()


def test_a_picture_that_is_too_small_for_its_place_is_found_there(hub: Hub, make_picture: Any) -> None:
    big = make_picture("Big", width=1300, height=800, description="B")
    small = make_picture("Small", width=300, height=200, description="S")
    # A story's picture is cropped to a fixed shape, which takes some of its width.
    for place, width, room in (("lead", 300, 600), ("story", 268, 320), ("own", 300, 536)):
        show(hub, **{"lead": big, "story": big, "own": big, place: small})
        message = f"A picture is too small for its place: it fills {width} of {room} pixels in width."
        assert found(hub) == {("picture-small", message)}
    assert found(hub, "nl") == {
        (
            "picture-small",
            "Een afbeelding is te klein voor haar plaats: ze vult 300 van de 536 pixels in de breedte.",
        )
    }
    show(hub, lead=big, story=big, own=big, portrait=small)
    assert "picture-small" not in {code for code, _ in found(hub)}  # a portrait is shown smaller than that


def test_a_logo_that_is_too_small_is_found_with_the_newsletter(hub: Hub, make_picture: Any) -> None:
    hub.newsletter.logo = make_picture("Logo", width=100, height=30)
    hub.newsletter.save()
    findings = run_checks(hub.draft(), compiled=hub.compile(), now=hub.now)
    (small,) = (one for one in findings if one.code == "picture-small")
    assert small.place is not None
    assert (small.place.part, small.level) == ("newsletter", "warning")
    assert small.message.startswith("The logo is too small for its place: it fills 100 of 187 pixels")
    hub.newsletter.logo = make_picture("Logo", width=200, height=60)
    hub.newsletter.save()
    assert found(hub) == set()


def test_a_picture_that_is_several_times_as_tall_as_wide_is_found(hub: Hub, make_picture: Any) -> None:
    tall = make_picture("Tall", width=700, height=1750, description="T")
    show(hub, own=tall)
    assert found(hub) == {("picture-tall", "A picture is 2.5 times as tall as it is wide.")}
    assert found(hub, "nl") == {("picture-tall", "Een afbeelding is 2,5 keer zo hoog als breed.")}
    show(hub, lead=tall)
    assert found(hub) == {("picture-tall", "A picture is 2.5 times as tall as it is wide.")}
    show(hub, own=make_picture("Phone", width=900, height=1600, description="P"))
    assert found(hub) == set()


@pytest.mark.parametrize("broken", [b"GIF89a", b"\x89PNG\r\n\x1a\n and then nothing", b"words", b""])
def test_a_file_that_cannot_be_converted_is_not_called_missing(hub: Hub, make_picture: Any, broken: bytes) -> None:
    picture = make_picture("A", description="A")
    Path(picture.file.path).write_bytes(broken)
    show(hub, story=picture)
    assert found(hub) == {("remark", "Its picture's file cannot be converted, so the story is shown without it.")}
    show(hub, own=picture)
    assert {message for _, message in found(hub)} == {
        "Left out in English: its picture cannot be converted.",
        "Left out in Nederlands: its picture cannot be converted.",
    }
