"""The fate of each row of an import, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from newsletters.audience.exporting.sheets import write_csv
from newsletters.models import ImportedRow, ReaderImport

AT_ONCE = 2000


def write_report(reader_import: ReaderImport, *, to: IO[bytes]) -> int:
    """Write a CSV file with a line for each row of the import; return how many."""
    is_undone = reader_import.status == ReaderImport.Status.UNDONE
    fate = _("What became of it before the import was undone") if is_undone else _("What becomes of it")
    return write_csv([_("Row"), _("E-mail address"), fate, _("Why")], _lines(reader_import), to=to)


def _lines(reader_import: ReaderImport) -> Iterator[list[str]]:
    labels = {fate.value: str(fate.label) for fate in ImportedRow.Fate}
    rows = reader_import.imported_rows.order_by("number").values_list("number", "email", "fate", "reasons")
    for number, email, fate, reasons in rows.iterator(AT_ONCE):
        yield [f"{number}", email, labels[fate], reasons.replace("\n", " ")]
