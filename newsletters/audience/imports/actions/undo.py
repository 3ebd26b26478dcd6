"""Undo an import, as far as nobody has changed anything since."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import F
from wagtail.log_actions import log

from newsletters.audience.imports.undoing import left_behind
from newsletters.models import ImportedRow, ReaderImport
from newsletters.publications.permissions import require_permission

Status = ReaderImport.Status


@transaction.atomic
def undo(reader_import: ReaderImport, *, user: User | AnonymousUser, now: datetime) -> bool:
    """Begin; return False if there is nothing to undo, or if it has begun already. Raises NotAllowed."""
    require_permission(user, "import_subscription")
    if not may_be_undone(reader_import):
        return False
    finished = ReaderImport.objects.filter(pk=reader_import.pk, status__in=[Status.DONE, Status.FAILED])
    begins = {"position": F("last_row") + 1, "problem": "", "finished_at": None, "heard_at": now}
    by = user if isinstance(user, User) else None  # stands in the ledger of consent
    if not finished.update(status=Status.UNDOING, created_by=by, **begins):
        return False
    log(reader_import.newsletter, "hub_newsletters.undo_import", user=user)
    return True


def may_be_undone(reader_import: ReaderImport) -> bool:
    """Say whether undoing changes something: a file that only agrees with what was known has changed nothing."""
    if reader_import.status not in {Status.DONE, Status.FAILED}:
        return False
    remembered = reader_import.imported_rows.filter(before__isnull=False)
    agreeing = remembered.filter(fate=ImportedRow.Fate.SUPPRESSED)
    return remembered.exclude(fate=ImportedRow.Fate.SUPPRESSED).exists() or left_behind(agreeing).exists()
