"""Write rows to CSV and XLSX files, in memory that does not grow, so that no cell is run as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

MOST_ROWS_OF_A_SHEET = 1_048_576  # in Excel and LibreOffice

# What spreadsheet programs take for a formula (OWASP, "CSV Injection"), and the same with our guard before it.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]], *, to: IO[bytes]) -> int:
    """Write a CSV file (RFC 4180, UTF-8 with a mark for Excel), and return the number of rows below the header.

    A cell that a spreadsheet program would run gets an apostrophe before it, which the import takes off again.
    """
    text = TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([_guarded(cell) for cell in header])
    count = 0
    for row in rows:
        writer.writerow([_guarded(cell) for cell in row])
        count += 1
    text.flush()
    text.detach()  # the file is the caller's: it stays open
    return count


def write_xlsx(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, to: IO[bytes], most_rows: int = MOST_ROWS_OF_A_SHEET
) -> int:
    """Write an XLSX file, and return the number of rows below the headers.

    All cells are texts, so none is run; they are cut after 32,767 characters, Excel's limit. A sheet holds `most_rows`
    rows with its header, then a next one starts.
    """
    with Workbook(to, {"constant_memory": True}) as book:
        sheet = _next_sheet(book, header)
        count = 0
        for row in rows:
            above = count % (most_rows - 1)
            if count and not above:
                sheet = _next_sheet(book, header)
            _write_row(sheet, above + 1, row)
            count += 1
    return count


def _next_sheet(book: Workbook, header: Sequence[str]) -> Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    _write_row(sheet, 0, header)
    return sheet


def _write_row(sheet: Worksheet, place: int, row: Sequence[str]) -> None:
    for column, cell in enumerate(row):
        sheet.write_string(place, column, _CONTROL.sub("", cell))


def _guarded(cell: str) -> str:
    cell = _CONTROL.sub("", cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell
