"""What imports keep about people, and letting it go: of one person at once, of everybody after some time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from newsletters.models import ImportedRow, ImportPiece, ReaderImport, Subscriber, Subscription

Status = ReaderImport.Status


def forget_in_imports(mailbox: str, *, subscriber: Subscriber | None = None, now: datetime) -> bool:
    """Delete the rows about a mailbox, and the stored files that name it, or may as nobody has read them yet.

    `subscriber` is whose it is: rows that made them a reader may name an address that they have changed since. A file
    whose import is running stays until its end: its rows about somebody who was erased keep no address. Returns whether
    there was a row.
    """
    owned = Q(subscription__subscriber=subscriber) if subscriber else Q()
    theirs = ImportedRow.objects.filter(Q(mailbox=mailbox) | owned)
    may_name = Q(status__in=[Status.UPLOADED, Status.CHECKING]) | Q(
        Exists(theirs.filter(reader_import=OuterRef("pk"))), status=Status.CHECKED
    )
    problem = _("Somebody was erased in the meantime who may be in this file. Upload the file again.")
    for reader_import in ReaderImport.objects.filter(may_name):
        # First this: it waits for a batch that is under way.
        ReaderImport.objects.filter(pk=reader_import.pk).update(
            status=Status.FAILED, problem=problem, counts={}, finished_at=now
        )
        forget_rows(reader_import)
        reader_import.pieces.all().delete()
    gone, _by_model = theirs.delete()
    return bool(gone)


def forget_rows(reader_import: ReaderImport) -> None:
    """Delete what became of each row; in SQL, because Django would first read a million rows for those who listen."""
    table, column = (
        connection.ops.quote_name(name)
        for name in (ImportedRow._meta.db_table, ImportedRow._meta.get_field("reader_import").column)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [reader_import.pk])  # noqa: S608  # the names are ours


def leave_ended(subscription: Subscription) -> None:
    """Let no undoing bring back a subscription that an import has ended: its reader says the same now."""
    ImportedRow.objects.filter(subscription=subscription, fate=ImportedRow.Fate.ENDED).update(before=None)


def forget_old_files(*, now: datetime) -> None:
    """Delete the imports that nobody has run within a week, and every file that is a week old."""
    week_ago = now - timedelta(days=7)
    not_run = ReaderImport.objects.filter(status__in=[Status.UPLOADED, Status.CHECKING, Status.CHECKED])
    not_run.filter(created_at__lt=week_ago).delete()
    ImportPiece.objects.filter(reader_import__created_at__lt=week_ago).delete()
