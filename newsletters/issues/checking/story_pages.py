"""Read the pages of an issue's stories in each language: missing, hidden, or poorly translated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from wagtail.models import Locale

from cms.admin.translations import TranslationProgress, progress_of
from cms.content.queries import public_pages
from cms.models import HubPage
from cms.plugins.issue_checks import LeftOutStory, PoorTranslation
from newsletters.models import IssuePage
from newsletters.models.issue_field import telling_blocks

Why = Literal["deleted", "unpublished", "expired", "restricted", "untranslated", "wordless", "mirror", "draft"]
PageRow = Mapping[str, Any]  # a page's values by field
PUBLISHED = ("first_published_at", "last_published_at")
FIELDS = (
    *("translation_key", "locale_id", "pk", "title", "live", "expired", "expire_at", "first_published_at"),
    "alias_of__locale_id",
)


def read_left_out(issue: IssuePage, *, shown: Mapping[Locale, set[str]], now: datetime) -> Iterator[LeftOutStory]:
    """Yield each block that is left out of a language, and why; `shown` has the ids of the blocks in each language."""
    blocks = telling_blocks(issue.body)
    keys = {block.value["page"].translation_key for block in blocks if block.value["page"]}
    there = HubPage.objects.filter(translation_key__in=keys, locale__in=list(shown))
    public = public_pages(site=issue.get_site(), now=now).filter(pk__in=there.values("pk"))
    public_keys = set(public.values_list("pk", flat=True))
    pages = {(row["translation_key"], row["locale_id"]): row for row in there.values(*FIELDS)}
    translated = {row["translation_key"] for row in pages.values() if row["pk"] in public_keys}
    for block in blocks:
        page = block.value["page"]
        for locale in (locale for locale, ids in shown.items() if str(block.id) not in ids):
            row = pages.get((page.translation_key, locale.pk)) if page else None
            yield LeftOutStory(
                block_id=str(block.id),
                language=locale.language_code,
                why=_why(row, public=public_keys, translated=translated, now=now) if page else "deleted",
                page=row["title"] if row else page.title if page else "",
            )


def _why(row: PageRow | None, *, public: set[int], translated: set[UUID], now: datetime) -> Why:
    """Return why the page is left out; `translated` are the keys of pages that are public in some language."""
    if row is None:
        return "untranslated"
    if row["pk"] in public:
        return "wordless"
    if row["expired"] or (row["expire_at"] and row["expire_at"] <= now):
        return "expired"
    if row["live"]:
        return "restricted"
    if row["alias_of__locale_id"] not in {None, row["locale_id"]}:
        return "mirror"
    return "draft" if row["first_published_at"] is None and row["translation_key"] in translated else "unpublished"


def read_poor_translations(issue: IssuePage, *, locales: Collection[Locale]) -> Iterator[PoorTranslation]:
    """Yield each page that is not fully translated, or whose translation is older than its original.

    The original is the page that was published first.
    """
    blocks = [block for block in telling_blocks(issue.body) if block.value["page"]]
    keys = {block.value["page"].translation_key for block in blocks}
    fields = ("translation_key", "locale_id", "locale__language_code", "title", *PUBLISHED)
    rows = HubPage.objects.filter(translation_key__in=keys, live=True).exclude(last_published_at=None).values(*fields)
    pages = {
        (row["translation_key"], row["locale_id"]): row for row in rows.order_by("first_published_at", "locale_id")
    }
    progress = progress_of(keys, locales=locales)
    for block in blocks:
        key = block.value["page"].translation_key
        original = next((row for (of, _locale), row in pages.items() if of == key), None)
        for locale in locales:
            if original and (row := pages.get((key, locale.pk))):
                poor = partial(
                    PoorTranslation, block_id=str(block.id), language=locale.language_code, page=row["title"]
                )
                found = _poor_translation(row, original=original, progress=progress.get((key, locale.pk)), poor=poor)
                if found:
                    yield found


def _poor_translation(
    row: PageRow, *, original: PageRow, progress: TranslationProgress | None, poor: Callable[..., PoorTranslation]
) -> PoorTranslation | None:
    published_at = row["last_published_at"]
    if progress and progress.missing and progress.source_changed_at <= published_at:
        return poor(why="partial", missing=progress.missing)
    if original is not row and original["last_published_at"] > published_at:
        return poor(why="outdated", original=original["locale__language_code"])
    if progress and progress.words_changed_at and progress.words_changed_at > published_at:
        return poor(why="outdated")
    return None
