"""Read why a story of an issue is in no mail of a language: what its page is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from wagtail.models import Locale

from cms.issue_checks import LeftOutStory
from cms.models import HubPage
from cms.queries import public_pages
from newsletters.models import IssuePage

Why = Literal["deleted", "unpublished", "expired", "restricted", "untranslated", "wordless"]


def read_left_out(issue: IssuePage, *, locales: list[Locale], now: datetime) -> Iterator[LeftOutStory]:
    """Yield each story that some language does without, and why."""
    blocks = [block for block in issue.body if block.block_type == "story"]
    keys = {block.value["page"].translation_key for block in blocks if block.value["page"]}
    there = HubPage.objects.filter(translation_key__in=keys, locale__in=locales)
    public = set(
        public_pages(site=issue.get_site(), now=now).filter(pk__in=there.values("pk")).values_list("pk", flat=True)
    )
    fields = ("translation_key", "locale_id", "pk", "live", "expired", "expire_at")
    pages = {(row["translation_key"], row["locale_id"]): row for row in there.values(*fields)}
    for block in blocks:
        page = block.value["page"]
        for locale in locales:
            row = pages.get((page.translation_key, locale.pk)) if page else None
            if why := _why(block, row, locale=locale, public=public, now=now):
                yield LeftOutStory(
                    title=_title(block, locale), block_id=str(block.id), language=locale.language_code, why=why
                )


def _why(block: Any, row: dict[str, Any] | None, *, locale: Locale, public: set[int], now: datetime) -> Why | None:
    if block.value["page"] is None:
        return "deleted"
    if row is None:
        return "untranslated"
    if row["pk"] in public:
        return None if _text(block, locale) else "wordless"
    if row["expired"] or (row["expire_at"] and row["expire_at"] <= now):
        return "expired"
    return "restricted" if row["live"] else "unpublished"


def _text(block: Any, locale: Locale) -> Any:
    return next((text for text in block.value["texts"] if text["language"] == locale.language_code), None)


def _title(block: Any, locale: Locale) -> str:
    """Return the story's words in the language, else in any, else the page's own title."""
    text = _text(block, locale) or next(iter(block.value["texts"]), None)
    page = block.value["page"]
    return (text["title"] if text else "") or (page.title if page else "")
