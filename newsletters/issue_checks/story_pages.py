"""Read why a story of an issue is in no mail of a language: what its page is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from wagtail.models import Locale

from cms.issue_checks import LeftOutStory
from cms.models import HubPage
from cms.queries import public_pages
from newsletters.models import IssuePage

Why = Literal["deleted", "unpublished", "expired", "restricted", "untranslated", "wordless"]


def read_left_out(issue: IssuePage, *, told: Mapping[Locale, set[str]], now: datetime) -> Iterator[LeftOutStory]:
    """Yield each story that some language does without, and why; `told` names the blocks that each language tells."""
    blocks = [block for block in issue.body if block.block_type == "story"]
    keys = {block.value["page"].translation_key for block in blocks if block.value["page"]}
    there = HubPage.objects.filter(translation_key__in=keys, locale__in=list(told))
    public = public_pages(site=issue.get_site(), now=now).filter(pk__in=there.values("pk"))
    public_keys = set(public.values_list("pk", flat=True))
    fields = ("translation_key", "locale_id", "pk", "live", "expired", "expire_at")
    pages = {(row["translation_key"], row["locale_id"]): row for row in there.values(*fields)}
    for block in blocks:
        page = block.value["page"]
        for locale in (locale for locale, ids in told.items() if str(block.id) not in ids):
            row = pages.get((page.translation_key, locale.pk)) if page else None
            yield LeftOutStory(
                block_id=str(block.id),
                language=locale.language_code,
                why=_why(row, public=public_keys, now=now) if page else "deleted",
            )


def _why(row: dict[str, Any] | None, *, public: set[int], now: datetime) -> Why:
    if row is None:
        return "untranslated"
    if row["pk"] in public:
        return "wordless"
    if row["expired"] or (row["expire_at"] and row["expire_at"] <= now):
        return "expired"
    return "restricted" if row["live"] else "unpublished"
