"""Undo an import, as far as nobody has changed anything since."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import F
from wagtail.log_actions import log

from newsletters.models import ReaderImport
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
    """Say whether the import changed something that is still remembered."""
    is_finished = reader_import.status in {Status.DONE, Status.FAILED}
    return is_finished and reader_import.imported_rows.filter(before__isnull=False).exists()
