"""Run an import that was tried out."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import ReaderImport
from newsletters.publications.permissions import require_permission

Status = ReaderImport.Status


@transaction.atomic
def run(reader_import: ReaderImport, *, user: User | AnonymousUser, now: datetime) -> bool:
    """Begin; return False if it was not tried out, or is running already. Raises NotAllowed.

    Whoever began stands in the ledger of consent; `tasks.start_import_work` does the work.
    """
    require_permission(user, "import_subscription")
    tried = ReaderImport.objects.filter(pk=reader_import.pk, status=Status.CHECKED)
    by = user if isinstance(user, User) else None
    if not tried.update(status=Status.RUNNING, position=0, counts={}, heard_at=now, created_by=by):
        return False
    log(reader_import.newsletter, "hub_newsletters.import", user=user, data={"rows": reader_import.rows})
    return True
