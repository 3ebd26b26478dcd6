"""The work of an import, batch by batch: each batch is one transaction, and says how far the work has come."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms.models import Theme
from newsletters.audience.importing.rows import ImportRow, RowProblem, RowReader
from newsletters.audience.importing.table import Table
from newsletters.audience.imports.applying import Choices, apply
from newsletters.audience.imports.forgetting import forget_rows
from newsletters.audience.imports.judging import judge
from newsletters.audience.imports.stored_file import matching_of, opened_table
from newsletters.audience.imports.undoing import undo
from newsletters.exceptions import TableUnreadable
from newsletters.models import ImportedRow, OwnField, ReaderImport

logger = logging.getLogger(__name__)

Status = ReaderImport.Status
Clock = Callable[[], datetime]
Found = ImportRow | RowProblem

BATCH = 500  # rows of one transaction: the most that a mishap can touch
ATTEMPTS = 5  # at a batch whose readers somebody else adds at the same moment
MOST_REASONS = 1000  # characters that are kept for a row


def work_on(reader_import_pk: int, *, language: str, should_stop: Callable[[], bool], clock: Clock) -> None:
    """Try out, run or undo an import to the end, or until `should_stop`.

    It may be called again after any interruption, and twice at once: each batch is done by whoever is first, and the
    other one stops. `language` is that of the reasons which are kept for staff.
    """
    related = ReaderImport.objects.select_related("newsletter", "locale", "theme_set", "created_by")
    reader_import = related.filter(pk=reader_import_pk, status__in=ReaderImport.AT_WORK).first()
    if reader_import is None:
        return
    if not _as_it_was(reader_import).update(heard_at=clock()):
        return  # somebody else is at it
    with override(language):
        try:
            batches = _undo_batches(reader_import) if reader_import.status == Status.UNDOING else _read(reader_import)
            for work in batches:
                if should_stop() or not _in_one_transaction(reader_import, work, clock=clock):
                    return
        except TableUnreadable as error:
            stop(reader_import, problem=str(error), now=clock())
        except OperationalError:
            raise  # the database was away: the clock goes on later
        except Exception:
            logger.exception("Import %s stopped after row %s", reader_import.pk, reader_import.position)
            problem = _("Something went wrong after row %(row)d. Tell whoever looks after this server.")
            stop(reader_import, problem=problem % {"row": reader_import.position}, now=clock())


def stop(reader_import: ReaderImport, *, problem: str, now: datetime) -> bool:
    """Stop an import that is at work, and delete its file; return False if it is not at work any more.

    What a trial has found so far is deleted as well: it might look as if it had been imported.
    """
    ends = {"status": Status.FAILED, "problem": problem[:500], "finished_at": now}
    found = ReaderImport.objects.filter(pk=reader_import.pk)
    if found.filter(status=Status.CHECKING).update(**ends, counts={}):
        forget_rows(reader_import)
    elif not found.filter(status__in=ReaderImport.AT_WORK).update(**ends):
        return False
    reader_import.pieces.all().delete()
    return True


Work = Callable[[ReaderImport, datetime], None]  # changes the import's row, which is saved afterwards


def _in_one_transaction(reader_import: ReaderImport, work: Work, *, clock: Clock) -> bool:
    """Do one batch; return False if the import is no longer where this process left it."""
    before = reader_import.status, reader_import.position, dict(reader_import.counts)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                if not _as_it_was(reader_import).select_for_update().exists():
                    return False
                work(reader_import, clock())
                _save(reader_import, now=clock())
        except (IntegrityError, OperationalError):  # the second one: a deadlock with somebody else
            if attempt == ATTEMPTS:
                raise
            reader_import.status, reader_import.position, reader_import.counts = before[0], before[1], dict(before[2])
        else:
            return True
    return False


def _as_it_was(reader_import: ReaderImport) -> QuerySet[ReaderImport]:
    """Return the import's row if nobody has gone on with it since this process read it."""
    return ReaderImport.objects.filter(
        pk=reader_import.pk, status=reader_import.status, position=reader_import.position
    )


def _save(reader_import: ReaderImport, *, now: datetime) -> None:
    reader_import.heard_at = now
    reader_import.save(update_fields=["status", "position", "last_row", "counts", "heard_at", "finished_at"])


def _read(reader_import: ReaderImport) -> Iterator[Work]:
    """Return the work of trying out or running, one batch after the other."""
    is_run = reader_import.status == Status.RUNNING
    if not reader_import.position:
        yield _forget_trial
    with opened_table(reader_import) as table:
        for batch in _batches(_found(reader_import, table)):
            yield _batch_work(batch, is_run=is_run)
        yield _finish_run if is_run else _finish_trial


def _found(reader_import: ReaderImport, table: Table) -> Iterator[Found]:
    newsletter = reader_import.newsletter
    reader = RowReader(
        matching=matching_of(reader_import, table),
        languages=[locale.language_code for locale in newsletter.locales()],
        themes={
            theme.slug: [name.name for name in theme.names.all()] for theme in Theme.objects.prefetch_related("names")
        },
        own_fields=OwnField.objects.with_words(),
        zone=get_default_timezone(),
        now=reader_import.created_at,
    )
    start = reader_import.position
    return (reader.read(row) for row in table.rows() if row.number > start)


def _batches(found: Iterator[Found]) -> Iterator[list[Found]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def _batch_work(batch: Sequence[Found], *, is_run: bool) -> Work:
    def work(reader_import: ReaderImport, now: datetime) -> None:
        judged = judge(reader_import, batch, locks=is_run)
        # New choices for each attempt: what an attempt that was rolled back has made is gone.
        done = apply(reader_import, judged, choices=Choices(reader_import), now=now) if is_run else {}
        ImportedRow.objects.bulk_create(
            ImportedRow(
                reader_import=reader_import,
                number=each.number,
                email=each.email,
                mailbox=each.mailbox,
                fate=each.fate,
                reasons="\n".join(each.reasons)[:MOST_REASONS],
                subscription=done.get(each.number, (each.subscription, None))[0],
                before=done.get(each.number, (None, None))[1],
            )
            for each in judged
        )
        reader_import.position = batch[-1].number
        _count(reader_import, [each.fate for each in judged])

    return work


def _count(reader_import: ReaderImport, fates: Sequence[str]) -> None:
    counts = Counter(reader_import.counts)
    counts.update(fates)
    reader_import.counts = dict(counts)


def _forget_trial(reader_import: ReaderImport, _now: datetime) -> None:
    forget_rows(reader_import)
    reader_import.counts = {}


def _finish_trial(reader_import: ReaderImport, _now: datetime) -> None:
    reader_import.status, reader_import.last_row = Status.CHECKED, reader_import.position


def _finish_run(reader_import: ReaderImport, now: datetime) -> None:
    reader_import.status, reader_import.finished_at = Status.DONE, now
    reader_import.pieces.all().delete()


def _undo_batches(reader_import: ReaderImport) -> Iterator[Work]:
    """Return the work of undoing, from the last row to the first."""
    while True:
        rows = list(
            reader_import.imported_rows.filter(number__lt=reader_import.position, before__isnull=False).order_by(
                "-number"
            )[:BATCH]
        )
        if not rows:
            break
        yield _undo_work(rows)
    yield _finish_undoing


def _undo_work(rows: Sequence[ImportedRow]) -> Work:
    def work(reader_import: ReaderImport, now: datetime) -> None:
        undone = undo(reader_import, rows, now=now)
        ImportedRow.objects.filter(pk__in=undone).update(before=None)
        _count(reader_import, ["undone"] * len(undone) + ["kept"] * (len(rows) - len(undone)))
        reader_import.position = rows[-1].number

    return work


def _finish_undoing(reader_import: ReaderImport, now: datetime) -> None:
    reader_import.status, reader_import.finished_at = Status.UNDONE, now
