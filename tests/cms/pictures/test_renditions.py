"""Renditions are made once, in the background, when a page is published or a picture replaced; never in a request."""

from __future__ import annotations

import gc
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from PIL import Image as Picture
from wagtail.images.models import Filter, Image, Rendition
from wagtail.models import Collection, CollectionViewRestriction

from cms.pictures.renditions import PRESETS, filter_specs, make_renditions, missing_renditions, preset_widths
from cms.pictures.tasks import make_image_renditions, make_page_renditions, start_missing_images
from cms.plugins import PageType, References
from cms.plugins.registry import page_types


def waiting(name: str) -> list[dict[str, Any]]:
    tasks = DBTaskResult.objects.filter(task_path=f"cms.pictures.tasks.{name}").order_by("enqueued_at")
    return [task.args_kwargs["kwargs"] for task in tasks]


def png(width: int = 1000, height: int = 500) -> BytesIO:
    file = BytesIO()
    Picture.new("RGB", (width, height), "#1c6f9c").save(file, "PNG")
    file.seek(0)
    return file


@pytest.fixture
def private(db: None) -> Collection:
    private = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=private, restriction_type="login")
    return private


def test_each_preset_and_format_is_made_once(make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    assert make_renditions(image=image) == len(filter_specs()) == 9
    before = set(image.renditions.values_list("pk", "file"))
    assert len(before) == 9
    assert make_renditions(image=Image.objects.get(pk=image.pk)) == 0
    assert set(image.renditions.values_list("pk", "file")) == before


def test_wagtail_finds_what_we_made_under_its_own_names(make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    make_renditions(image=image)
    found = image.find_existing_renditions(*(Filter(spec) for spec in filter_specs()))
    assert {each.spec for each in found} == set(filter_specs())
    files = {(Path(each.file.name).suffix, each.width, each.height) for each in found.values()}
    assert files == {(end, w, w // 2) for end in (".avif", ".webp", ".jpg") for w in (400, 800, 1600)}


@pytest.mark.parametrize(
    ("width", "card", "wide"),
    [(300, [400], [400]), (400, [400], [400]), (600, [400, 800], [800]), (900, [400, 800], [800, 1600])],
)
def test_a_small_original_is_made_once_for_all_widths_beyond_it(
    make_image: Any, width: int, card: list[int], wide: list[int]
) -> None:
    image = make_image(width=width, height=100)
    assert (preset_widths(preset="card", image=image), preset_widths(preset="wide", image=image)) == (card, wide)
    assert make_renditions(image=image) == 3 * len({*card, *wide})
    assert image.renditions.order_by("-width").first().width == width
    assert set(PRESETS) == {"card", "wide"}


def test_only_what_is_missing_is_made(make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    make_renditions(image=image)
    image.renditions.filter(filter_spec__endswith="avif").delete()
    kept = set(image.renditions.values_list("pk", flat=True))
    assert missing_renditions(image) == [(400, "avif"), (800, "avif"), (1600, "avif")]
    assert make_renditions(image=image) == 3
    assert kept < set(image.renditions.values_list("pk", flat=True))


def test_a_lost_file_is_logged_and_nothing_more(make_image: Any, caplog: Any) -> None:
    image = make_image()
    Path(image.file.path).unlink()
    assert make_renditions(image=image) == 0
    assert f"image {image.pk}" in caplog.text


@pytest.mark.parametrize(
    "broken", [b"", b"\x89PNG\r\n\x1a\n and then nothing", b"GIF89a", b"<svg/>", png().getvalue()[:200]]
)
def test_a_broken_file_is_logged_and_nothing_more(make_image: Any, caplog: Any, broken: bytes) -> None:
    image = make_image()
    Path(image.file.path).write_bytes(broken)
    assert make_renditions(image=image) == 0
    assert image.renditions.count() == 0
    assert f"image {image.pk}" in caplog.text


def test_a_picture_that_was_replaced_meanwhile_keeps_nothing_of_the_old_one(make_image: Any) -> None:
    old = make_image()
    new = Image.objects.get(pk=old.pk)
    new.file = ImageFile(png(), name="other.png")
    new.save()
    assert make_renditions(image=old) == 0
    assert old.renditions.count() == 0
    assert make_renditions(image=new) == 9
    new.delete()
    assert make_renditions(image=old) == 0


def test_publishing_asks_for_each_picture_of_the_page_in_a_task_of_its_own(make_article: Any, make_image: Any) -> None:
    top, inside, in_text = make_image(), make_image(), make_image()
    text = f'<p>See</p><embed embedtype="image" id="{in_text.pk}" format="left" alt=""/>'
    page = make_article("one", image=top, body=[("image", {"image": inside}), ("text", text)])
    with TestCase.captureOnCommitCallbacks(execute=True):
        page.save_revision().publish()
        assert not waiting("make_page_renditions")
    assert waiting("make_page_renditions") == [{"page_id": page.pk}]
    assert make_page_renditions.func(page_id=page.pk) == 3
    asked = waiting("make_image_renditions")
    assert sorted(each["image_id"] for each in asked) == [top.pk, inside.pk, in_text.pk]
    for _ in range(2):  # a task may run twice
        for each in asked:
            make_image_renditions.func(**each)
    assert [image.renditions.count() for image in (top, inside, in_text)] == [9, 9, 9]
    assert make_page_renditions.func(page_id=page.pk) == 0


def test_what_only_a_plugin_points_at_is_made_too(make_article: Any, make_image: Any, monkeypatch: Any) -> None:
    image, page = make_image(), make_article("one")
    page_type: PageType = page_types()[type(page)]
    monkeypatch.setattr(
        page_type.detail, "references", classmethod(lambda cls, *, page: References(images=frozenset({image.pk})))
    )
    assert make_page_renditions.func(page_id=page.pk) == 1
    assert waiting("make_image_renditions") == [{"image_id": image.pk}]


def test_a_page_or_an_image_that_is_gone_is_nothing_to_do(make_article: Any, make_image: Any) -> None:
    assert make_page_renditions.func(page_id=999_999) == 0
    assert make_page_renditions.func(page_id=make_article("draft", image=make_image(), live=False).pk) == 0
    assert make_image_renditions.func(image_id=999_999) == 0


def test_a_private_picture_gets_no_public_files(make_article: Any, make_image: Any, private: Collection) -> None:
    image = make_image(collection=private)
    assert make_page_renditions.func(page_id=make_article("one", image=image).pk) == 0
    assert make_image_renditions.func(image_id=image.pk) == 0
    assert image.renditions.count() == 0


def replace_in_admin(client: Any, image: Any, **changes: Any) -> None:
    fields = {"title": "New", "description": "", "collection": image.collection_id, "tags": "", **changes}
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = client.post(reverse("wagtailimages:edit", args=[image.pk]), fields)
    assert response.status_code == 302, response.context["form"].errors


def test_a_replaced_file_is_made_again_if_a_page_shows_it(
    client: Any, admin_user: Any, make_article: Any, make_image: Any
) -> None:
    client.force_login(admin_user)
    used, unused = make_image(), make_image()
    page = make_article("one", image=used)
    make_renditions(image=used)
    for image in (used, unused):
        replace_in_admin(client, image, file=ContentFile(png(900).getvalue(), name="new.png"))
    assert waiting("make_image_renditions") == [{"image_id": used.pk}]
    after = client.get(f"/api/v1/pages/{page.pk}").json()["image"]
    assert after is None  # neither the old picture nor the new original
    assert make_image_renditions.func(image_id=used.pk) == 9
    assert len(client.get(f"/api/v1/pages/{page.pk}").json()["image"]["sources"]) == 3


def test_a_moved_focal_point_needs_no_new_files(
    client: Any, admin_user: Any, make_article: Any, make_image: Any
) -> None:
    client.force_login(admin_user)
    image = make_image()
    page = make_article("one", image=image)
    make_renditions(image=image)
    before = set(image.renditions.values_list("pk", flat=True))
    point = {f"focal_point_{name}": value for name, value in {"x": 250, "y": 100, "width": 10, "height": 10}.items()}
    replace_in_admin(client, image, **point)
    shown = client.get(f"/api/v1/pages/{page.pk}").json()["image"]
    assert shown["focal_point"] == {"x": 0.25, "y": 0.2}
    assert len(shown["sources"]) == 3
    assert make_image_renditions.func(image_id=image.pk) == 0
    assert before <= set(image.renditions.values_list("pk", flat=True))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Wagtail's temporary file
@pytest.mark.parametrize("name", ["wagtailimages:edit", "wagtailimages:add", "wagtailimages_chooser:create"])
@pytest.mark.parametrize(
    ("broken", "suffix"), [(b"GIF89a", "gif"), (png().getvalue()[:200], "png"), (b"words", "jpg"), (b"", "png")]
)
def test_the_admin_refuses_a_broken_upload_with_a_message(
    client: Any, admin_user: Any, make_image: Any, name: str, broken: bytes, suffix: str
) -> None:
    client.force_login(admin_user)
    image = make_image()
    prefix = "image-chooser-upload-" if "chooser" in name else ""
    fields = {"title": "New", "collection": image.collection_id, "file": ContentFile(broken, name=f"new.{suffix}")}
    address = reverse(name, args=[image.pk] if name.endswith("edit") else [])
    response = client.post(address, {f"{prefix}{key}": value for key, value in fields.items()})
    assert response.status_code == 200
    assert Image.objects.count() == 1
    assert any(words in response.content.decode() for words in ("Upload a valid image", "The submitted file is empty"))
    gc.collect()


def test_no_request_makes_a_rendition(client: Any, make_article: Any, make_image: Any) -> None:
    image = make_image()
    text = f'<embed embedtype="image" id="{image.pk}" format="left" alt=""/>'
    page = make_article("one", image=image, body=[("image", {"image": image}), ("text", text)])
    Path(make_image().file.path).unlink()
    api = "/api/v1"
    for address in (f"{api}/pages", f"{api}/pages/{page.pk}", f"{api}/resolve?path={page.url}", page.url, "/en/"):
        assert client.get(address).status_code == 200
    assert Rendition.objects.count() == 0


def test_a_corrupt_or_lost_original_is_no_error_for_the_reader(client: Any, make_article: Any, make_image: Any) -> None:
    corrupt, lost = make_image(), make_image()
    page = make_article("one", image=corrupt, body=[("image", {"image": lost})])
    Path(corrupt.file.path).write_bytes(b"GIF89a")
    Path(lost.file.path).unlink()
    for image in (corrupt, lost):
        assert make_image_renditions.func(image_id=image.pk) == 0
    lists = [f"/api/v1/{rest}" for rest in ("pages", "feed.json", "feed.rss", "feed.atom", f"resolve?path={page.url}")]
    for address in (*lists, f"/api/v1/pages/{page.pk}", page.url):
        for accept in ("application/json", "text/markdown"):
            assert client.get(address, headers={"accept": accept}).status_code == 200


def test_a_picture_whose_task_got_lost_is_asked_for_again_and_a_broken_one_once_a_day(
    make_article: Any, make_image: Any, private: Collection
) -> None:
    lost, broken, done, unused, hidden = (make_image() for _ in range(5))
    Image.objects.filter(pk=hidden.pk).update(collection=private)
    make_article("one", image=lost, body=[("image", {"image": each}) for each in (broken, done, hidden)])
    make_renditions(image=done)
    Path(broken.file.path).write_bytes(b"broken")
    assert start_missing_images() == 2
    asked = waiting("make_image_renditions")
    assert [each["image_id"] for each in asked] == [lost.pk, broken.pk]
    for each in asked:
        make_image_renditions.func(**each)
    assert start_missing_images() == 0
    assert unused.renditions.count() == hidden.renditions.count() == 0
    lost.renditions.all().delete()
    cache.clear()  # a day later
    assert start_missing_images() == 2


def test_the_command_makes_what_used_pictures_lack_and_goes_on_where_it_stopped(
    make_article: Any, make_image: Any, private: Collection
) -> None:
    done, begun, fresh, broken, unused = (make_image() for _ in range(5))
    hidden = make_image(collection=private)
    text = f'<embed embedtype="image" id="{begun.pk}" format="left" alt=""/>'
    body = [("image", {"image": each}) for each in (fresh, broken, hidden)]
    make_article("one", image=done, body=[("text", text), *body])
    for image in (done, begun):
        make_renditions(image=image)
    begun.renditions.filter(filter_spec__startswith="width-400").delete()
    Path(broken.file.path).unlink()

    assert _make_renditions() == ("12 renditions made for 3 images; 1 images still lack some.\n", "3 of 3 images\n")
    counts = [image.renditions.count() for image in (done, begun, fresh, broken, unused, hidden)]
    assert counts == [9, 9, 9, 0, 0, 0]
    assert _make_renditions()[0] == "0 renditions made for 1 images; 1 images still lack some.\n"


def _make_renditions() -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("make_renditions", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()
