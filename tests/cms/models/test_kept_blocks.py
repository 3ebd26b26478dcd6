"""Blocks of a kind that no installed plugin brings: they stay as they were stored, and editors see what they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.blocks import StreamBlockValidationError
from wagtail.models import Locale
from wagtail_localize.models import Translation, TranslationSource
from wagtail_localize.segments.extract import extract_segments

from cms.api.build import build_detail
from cms.models import BodyField
from themes.models import ArticlePage

GONE = {"type": "countdown", "value": {"until": "2027-01-01", "words": ["so", "long"]}, "id": "0f1e"}
HEADING = {"type": "heading", "value": {"text": "Why", "level": "2"}, "id": "0a0b"}


def stored(page: Any) -> list[dict[str, Any]]:
    (found,) = ArticlePage.objects.filter(pk=page.pk).values_list("body", flat=True)
    blocks: list[dict[str, Any]] = found.stream_block.get_prep_value(found)
    return blocks


@pytest.fixture
def page(make_article: Any) -> ArticlePage:
    article = make_article("one", body=json.dumps([GONE, HEADING]))
    return ArticlePage.objects.get(pk=article.pk)


def test_it_is_kept_when_its_page_is_saved_published_and_copied(page: ArticlePage) -> None:
    page.title = "Another title"
    page.save()
    assert stored(page) == [GONE, HEADING]
    page.save_revision().publish()
    assert stored(page) == [GONE, HEADING]
    copied = page.copy(update_attrs={"slug": "two"})
    kinds = [(block["type"], block["value"]) for block in stored(copied)]
    assert kinds == [("countdown", GONE["value"]), ("heading", HEADING["value"])]


def test_it_is_kept_where_the_form_of_the_editor_is_saved(page: ArticlePage, admin_client: Any) -> None:
    form = admin_client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).context["form"]
    bound = form["body"].value().stream_block
    state = bound.get_form_state(form["body"].value())
    assert state[0]["value"]["kind"] == "countdown"
    data = {
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "missing",
        "body-0-id": "0f1e",
        **{f"body-0-value-{name}": value for name, value in state[0]["value"].items()},
    }
    cleaned = bound.clean(bound.value_from_datadict(data, {}, "body"))
    assert bound.get_prep_value(cleaned) == [GONE]


def test_a_form_cannot_bring_a_known_kind_unchecked(page: ArticlePage) -> None:
    block = page.body.stream_block
    forged = {"kind": "heading", "stored": json.dumps({"text": "x" * 1000})}
    with pytest.raises(StreamBlockValidationError) as refused:
        block.clean(block.to_python([{"type": "missing", "value": forged}]))
    assert "cannot add a block" in str(refused.value.non_block_errors)


def test_it_is_kept_in_a_translation_and_nobody_is_asked_to_translate_it(
    page: ArticlePage, locales: dict[str, Locale], home_nl: Any
) -> None:
    assert not [segment for segment in extract_segments(page) if "0f1e" in segment.path]
    source, _created = TranslationSource.get_or_create_from_instance(page)
    translation = Translation.objects.create(source=source, target_locale=locales["nl"])
    translation.save_target(publish=False)
    draft = translation.get_target_instance().get_latest_revision_as_object()
    assert draft.body.stream_block.get_prep_value(draft.body)[0] == GONE


def test_no_reader_gets_it(page: ArticlePage, site: Any, client: Any) -> None:
    detail = build_detail(page=page, site=site, now=timezone.now())
    assert [block.type for block in detail.body] == ["heading"]
    assert "countdown" not in client.get(page.get_url(), HTTP_HOST="hub.test").content.decode()


def test_no_kind_of_block_stands_in_a_migration() -> None:
    _name, path, args, kwargs = BodyField(blank=True, verbose_name="body").deconstruct()
    assert (path, args, kwargs) == ("cms.models.BodyField", [], {"blank": True, "verbose_name": "body"})
