"""Upload a file of readers: it is stored, and nothing else happens until its columns are confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from newsletters.audience.imports.stored_file import opened_table, store_file
from newsletters.models import Newsletter, ReaderImport
from newsletters.publications.permissions import require_permission


@transaction.atomic
def upload(
    *, newsletter: Newsletter, file: IO[bytes], name: str, user: User | AnonymousUser, now: datetime
) -> ReaderImport:
    """Return the new import; raises NotAllowed, and TableUnreadable if the file is no table."""
    require_permission(user, "import_subscription")
    reader_import = ReaderImport.objects.create(
        newsletter=newsletter,
        file_name=name[-255:],
        created_by=user if isinstance(user, User) else None,
        created_at=now,
        heard_at=now,
    )
    store_file(reader_import, file)
    with opened_table(reader_import):
        return reader_import
