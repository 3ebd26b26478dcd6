"""The titles of stories whose pages were deleted, so that their blocks no longer point at a page."""

from __future__ import annotations

from collections.abc import Mapping

from wagtail.blocks import StreamValue
from wagtail.models import PageLogEntry

from newsletters.models import IssuePage
from newsletters.models.issue_field import telling_blocks


def deleted_titles(issue: IssuePage) -> dict[str, str]:
    """Return the titles of stories whose pages were deleted, by block id; "" where the title is not known.

    A title is the editor's own, else the page's from the audit log. One query, none if nothing was deleted.
    """
    gone = [block for block in telling_blocks(issue.body) if not block.value["page"]]
    if not gone:
        return {}
    stored = {str(raw.get("id")): raw["value"] for raw in issue.body.raw_data if isinstance(raw["value"], Mapping)}
    keys = {str(block.id): stored.get(str(block.id), {}).get("page") for block in gone}
    known = [key for key in keys.values() if isinstance(key, int)]
    entries = PageLogEntry.objects.filter(page__in=known, action="wagtail.delete").order_by("timestamp")
    logged = dict(entries.values_list("page", "label"))
    return {str(block.id): _own_title(block) or logged.get(keys[str(block.id)], "") for block in gone}


def _own_title(block: StreamValue.StreamChild) -> str:
    return next((row["title"] for row in block.value["texts"] if row.get("title")), "")
