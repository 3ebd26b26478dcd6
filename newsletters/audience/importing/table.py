"""Open an uploaded CSV, XLSX or ODS file as a table: a header, and rows of text that are read one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext as _

from newsletters.audience.importing.delimited import DelimitedText
from newsletters.audience.importing.limits import Limits
from newsletters.audience.importing.spreadsheets import Spreadsheet
from newsletters.exceptions import DoubledColumns, EmptyTable, NoHeader, NotATable, OldTable, TableTooLarge

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and any Office file with a password ([MS-OFFCRYPTO])
_ZIP = b"PK\x03\x04", b"PK\x05\x06"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table that holds something: as many cells as the header, or more if the row is too long."""

    number: int  # as a spreadsheet program counts: the first row of the file is 1
    cells: list[str]


class Sheet(Protocol):
    """A file of one kind: it gives its rows again from the start with each call."""

    kind: str  # csv, xlsx or ods
    encoding: str  # of a CSV file, guessed or chosen
    separator: str  # of a CSV file, guessed or chosen
    name: str  # of the sheet that is read
    other_names: list[str]  # of visible sheets that are not read

    def rows(self) -> Iterator[tuple[int, list[str]]]: ...


class Table:
    """An uploaded file as a table."""

    def __init__(self, sheet: Sheet, *, limits: Limits) -> None:
        self.kind, self.encoding, self.separator = sheet.kind, sheet.encoding, sheet.separator
        self.sheet_name, self.other_sheet_names = sheet.name, sheet.other_names
        self._sheet, self._limits = sheet, limits
        self._header_number, self.header = self._read_header()

    def rows(self) -> Iterator[Row]:
        """Return the rows below the header that hold something; raise TableUnreadable where the file breaks off."""
        width = len(self.header)
        for number, cells in self._filled_rows():
            if number > self._header_number:
                yield Row(number=number, cells=cells + [""] * (width - len(cells)))

    def _read_header(self) -> tuple[int, list[str]]:
        number, cells = next(self._filled_rows(), (0, []))
        if not cells:
            raise EmptyTable
        header = [name.strip() for name in cells]
        if any("@" in name for name in header):
            raise NoHeader
        times = Counter(name.casefold() for name in header if name)
        doubled = [name for name in dict.fromkeys(header) if times[name.casefold()] > 1]
        if doubled:
            names = ", ".join(f"“{name[:60]}”" for name in doubled)
            raise DoubledColumns(
                _("Several columns have the same name: %(names)s. Rename or remove them, and try again.")
                % {"names": names}
            )
        return number, header

    def _filled_rows(self) -> Iterator[tuple[int, list[str]]]:
        for number, cells in self._sheet.rows():
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                self._limits.check_row(number=number, cells=cells)
                yield number, cells


def open_table(path: Path, *, name: str, encoding: str | None = None, separator: str | None = None) -> Table:
    """Return the table in this file, uploaded under this name; raise TableUnreadable if it is none.

    A CSV file's encoding (a key of `delimited.ENCODINGS`) and separator are guessed if they are not given. Memory does
    not grow with a CSV file. A sheet of an XLSX or ODS file is held in memory by another process, within
    `Limits.memory_bytes`, and its rows then wait in a temporary file.
    """
    limits = Limits.from_settings()
    if path.stat().st_size > limits.file_bytes:
        raise TableTooLarge(
            _("This file is larger than %(most)d MB. Split it, and import the parts one by one.")
            % {"most": limits.file_bytes // 1_000_000}
        )
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise EmptyTable
    if start == _OLE:
        raise OldTable
    if start.startswith(_ZIP):
        return Table(Spreadsheet(path, limits=limits), limits=limits)
    if name.lower().endswith((".xlsx", ".ods")):
        raise NotATable
    return Table(DelimitedText(path, encoding=encoding, separator=separator, limits=limits), limits=limits)
