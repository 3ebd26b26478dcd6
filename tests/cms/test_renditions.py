"""Renditions are made once, in the background, when a page is published."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from django.test import TestCase
from django_tasks_db.models import DBTaskResult

from cms.renditions import filter_specs, make_renditions
from cms.tasks import make_page_renditions


def test_each_preset_and_format_is_made_once(make_image: Any) -> None:
    image = make_image(width=2000, height=1000)
    assert make_renditions(image=image) == len(filter_specs()) == 6
    before = set(image.renditions.values_list("pk", "file"))
    assert len(before) == 6
    assert make_renditions(image=type(image).objects.get(pk=image.pk)) == 6
    assert set(image.renditions.values_list("pk", "file")) == before


def test_a_lost_file_is_logged_and_nothing_more(make_image: Any, caplog: Any) -> None:
    image = make_image()
    Path(image.file.path).unlink()
    assert make_renditions(image=image) == 0
    assert f"image {image.pk}" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Wagtail's temporary file
def test_a_broken_file_is_logged_and_nothing_more(make_image: Any, caplog: Any) -> None:
    image = make_image()
    Path(image.file.path).write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    assert make_renditions(image=image) == 0
    assert f"image {image.pk}" in caplog.text
    caplog.clear()
    gc.collect()


def test_publishing_enqueues_one_task_for_all_pictures_of_the_page(make_article: Any, make_image: Any) -> None:
    top, inside = make_image(), make_image()
    page = make_article("one", image=top, body=[("image", {"image": inside, "alt": "", "caption": ""})])
    waiting = DBTaskResult.objects.filter(task_path="cms.tasks.make_page_renditions")
    with TestCase.captureOnCommitCallbacks(execute=True):
        page.save_revision().publish()
        assert not waiting.exists()
    assert [task.args_kwargs["kwargs"] for task in waiting] == [{"page_id": page.pk}]
    assert make_page_renditions.func(page_id=page.pk) == 12
    assert (top.renditions.count(), inside.renditions.count()) == (6, 6)
    assert make_page_renditions.func(page_id=page.pk) == 12
    assert top.renditions.count() == 6


@pytest.mark.django_db
def test_a_page_deleted_meanwhile_is_nothing_to_do() -> None:
    assert make_page_renditions.func(page_id=999_999) == 0
