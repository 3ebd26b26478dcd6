"""Update stories with what their pages say now; what the editor wrote stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from wagtail.blocks import StructValue

from newsletters.issues.page_sources import read_sources
from newsletters.models import IssuePage
from newsletters.publications.permissions import require_editing
from newsletters.values.page_words import FIELDS, PageWords, Source, page_key


@transaction.atomic
def update_stories(
    issue: IssuePage, *, keys: Collection[str], replace_own: Collection[str] = (), user: User, now: datetime
) -> int:
    """Update the stories of these pages and return the number of pages.

    Words that the editor wrote stay, except for pages in `replace_own`. A language in which the page is no longer
    public keeps what it had.
    """
    require_editing(user, issue)
    remembered = issue.sources
    today = read_sources([key for key in keys if key in remembered], site=issue.get_site(), now=now)
    for block in issue.body:
        key = page_key(block.value["page"]) if block.block_type == "story" and block.value["page"] else ""
        if key in today:
            _update(block.value, old=remembered[key], new=today[key], replace_own=key in replace_own)
    issue.remember({key: {**remembered[key], **source} for key, source in today.items()})
    issue.save()  # a draft's row has its stories too, as when the editor saves it
    issue.save_revision(user=user, log_action=True)
    return len(today)


def _update(value: StructValue, *, old: Source, new: Source, replace_own: bool) -> None:
    for row in value["texts"]:
        code = row["language"]
        if code in new:
            _update_row(row, old=old.get(code, PageWords()), new=new[code], replace_own=replace_own)
    added = [code for code in new if code not in {*old, *(row["language"] for row in value["texts"])}]
    rows = [{"language": code, **{name: getattr(new[code], name) for name in FIELDS}} for code in added]
    value["texts"] = value.block.child_blocks["texts"].normalize([*value["texts"], *rows])


def _update_row(row: StructValue, *, old: PageWords, new: PageWords, replace_own: bool) -> None:
    for name in FIELDS:
        if row[name] and (replace_own or row[name] == getattr(old, name)):
            row[name] = getattr(new, name)
