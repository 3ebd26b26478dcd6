"""An issue's history for its review: the audit log without entries that add nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from wagtail.models import PageLogEntry

from newsletters.models import IssuePage

SHOWN = 12
READ = 80
EDIT = "wagtail.edit"
QUIET = {"wagtail.publish", "wagtail.workflow.approve"}  # our own entries say these better


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """Who did what, and when, with the comment that they wrote."""

    words: str
    user: User | None
    at: datetime
    comment: str


def history_of(issue: IssuePage) -> list[HistoryEntry]:
    """Return the latest steps, newest first; of consecutive edits by one person only the last."""
    entries = PageLogEntry.objects.filter(page_id=issue.pk).exclude(action__in=QUIET)
    kept: list[HistoryEntry] = []
    before: tuple[str, int | None] | None = None
    for entry in entries.select_related("user").order_by("-timestamp", "-pk")[:READ]:
        step = (entry.action, entry.user_id)
        if entry.action != EDIT or step != before:
            kept.append(_entry(entry))
        before = step
    return kept[:SHOWN]


def _entry(entry: PageLogEntry) -> HistoryEntry:
    formatter = entry.formatter
    words = formatter.format_message(entry) if formatter else entry.action
    comment = formatter.format_comment(entry) if formatter else ""
    return HistoryEntry(words=words, user=entry.user, at=entry.timestamp, comment=comment)
