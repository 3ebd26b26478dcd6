"""The uploaded file of an import: kept in pieces in the database, and opened as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from newsletters.audience.importing.columns import Column, Matching, match_columns
from newsletters.audience.importing.fields import Field, State
from newsletters.audience.importing.table import Table, open_table
from newsletters.audience.own_fields.answers import PREFIX
from newsletters.models import ImportPiece, OwnField, ReaderImport
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
    names = {each.key: [text.label for text in each.texts.all()] for each in OwnField.objects.with_words()}
    guessed = match_columns(table.header, name=reader_import.file_name, own_fields=names)
    if len(reader_import.columns) != len(table.header):
        return guessed
    chosen = zip(table.header, reader_import.columns, strict=True)
    columns = tuple(_column(name, stored or "", own_fields=names) for name, stored in chosen)
    return Matching(columns=columns, provider=guessed.provider, state=State(reader_import.state or guessed.state))


def taken_for(column: Column) -> str:
    """Return what a column is taken for as it is stored, empty for one that is not imported."""
    return f"{PREFIX}{column.own_field}" if column.own_field else column.field or ""


def _column(name: str, stored: str, *, own_fields: Collection[str]) -> Column:
    """Return a column as staff confirmed it; an own field that was deleted since is not imported."""
    if not stored.startswith(PREFIX):
        return Column(name=name, field=Field(stored) if stored else None)
    key = stored.removeprefix(PREFIX)
    return Column(name=name, field=None, own_field=key if key in own_fields else "")
