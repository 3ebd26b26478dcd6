"""What imports keep about people, and letting it go: of one person at once, of everybody after some time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from newsletters.models import ImportedRow, ReaderImport, Subscriber

Status = ReaderImport.Status


def forget_in_imports(subscriber: Subscriber, *, now: datetime) -> None:
    """Delete the rows about this person, and the stored files that name them, or may as nobody has read them yet.

    A file whose import is running stays until its end: its rows about somebody who was erased keep no address.
    """
    # A row made somebody a reader who has changed their address since.
    theirs = ImportedRow.objects.filter(Q(mailbox=subscriber.mailbox) | Q(subscription__subscriber=subscriber))
    not_read = ReaderImport.objects.filter(status__in=[Status.UPLOADED, Status.CHECKING])
    tried = ReaderImport.objects.filter(Exists(theirs.filter(reader_import=OuterRef("pk"))), status=Status.CHECKED)
    for reader_import in (*not_read, *tried):
        reader_import.imported_rows.all().delete()
        reader_import.pieces.all().delete()
        problem = _("Somebody was erased in the meantime who may be in this file. Upload the file again.")
        ReaderImport.objects.filter(pk=reader_import.pk).update(
            status=Status.FAILED, problem=problem, counts={}, finished_at=now
        )
    theirs.delete()


def forget_old_files(*, now: datetime) -> None:
    """Delete the imports that nobody has run within a week, with their files."""
    not_run = ReaderImport.objects.filter(status__in=[Status.UPLOADED, Status.CHECKING, Status.CHECKED])
    not_run.filter(created_at__lt=now - timedelta(days=7)).delete()
