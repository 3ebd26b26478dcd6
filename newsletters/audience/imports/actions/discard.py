"""Stop an import that is at work, or throw away one that was never run."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils.translation import gettext as _

from newsletters.audience.imports.forgetting import forget_rows
from newsletters.audience.imports.work import stop
from newsletters.models import ReaderImport
from newsletters.publications.permissions import require_permission

Status = ReaderImport.Status


@transaction.atomic
def discard(reader_import: ReaderImport, *, user: User | AnonymousUser, now: datetime) -> bool:
    """Delete an import that changed nothing, and stop one that is running or being undone; return whether it is gone.

    What a stopped one has imported stays, and can be undone. Raises NotAllowed.
    """
    require_permission(user, "import_subscription")
    # This waits for a batch that is under way.
    here = ReaderImport.objects.select_for_update().filter(pk=reader_import.pk).first()
    if here is None:
        return True
    changed_nothing = here.status in {Status.UPLOADED, Status.CHECKING, Status.CHECKED} or (
        here.status == Status.FAILED and not here.imported_rows.filter(before__isnull=False).exists()
    )
    if changed_nothing:
        forget_rows(here)
        here.delete()
        return True
    stop(reader_import, problem=_("Somebody stopped it."), now=now)
    return False
