"""The uploaded file of an import: kept in pieces in the database, and opened as a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from newsletters.audience.importing.columns import Column, Matching, match_columns
from newsletters.audience.importing.fields import Field, State
from newsletters.audience.importing.table import Table, open_table
from newsletters.models import ImportPiece, ReaderImport
from newsletters.models.audience.reader_import import PIECE_BYTES


def store_file(reader_import: ReaderImport, file: IO[bytes]) -> None:
    """Store the file from its start; call it in a transaction."""
    file.seek(0)
    number = 0
    while data := file.read(PIECE_BYTES):
        ImportPiece.objects.create(reader_import=reader_import, number=number, data=data)
        number += 1


@contextmanager
def opened_table(reader_import: ReaderImport) -> Iterator[Table]:
    """Yield the file as a table; raise TableUnreadable if it is none, or if it was deleted.

    The file is on the disk as long as the block lasts.
    """
    with TemporaryDirectory(prefix="hub-import-") as folder:
        path = Path(folder) / "table"
        with path.open("wb") as file:
            for data in reader_import.pieces.values_list("data", flat=True).iterator(4):
                file.write(data)
        yield open_table(
            path,
            name=reader_import.file_name,
            encoding=reader_import.encoding or None,
            separator=reader_import.separator or None,
        )


def matching_of(reader_import: ReaderImport, table: Table) -> Matching:
    """Return what the columns are taken for: as staff confirmed, or as their names suggest."""
    guessed = match_columns(table.header, name=reader_import.file_name)
    if len(reader_import.columns) != len(table.header):
        return guessed
    fields = [Field(value) if value else None for value in reader_import.columns]
    columns = tuple(Column(name=name, field=field) for name, field in zip(table.header, fields, strict=True))
    return Matching(columns=columns, provider=guessed.provider, state=State(reader_import.state or guessed.state))
