"""The program that writes the first visible sheet of an XLSX or ODS file to its output, one line of JSON for each row.

`spreadsheets` runs it as a process of its own, because python-calamine holds a whole sheet in memory, as a rectangle:
a sheet with a single cell at XFD1048576 asks for hundreds of gigabytes, and Rust then aborts the process. Here the
kernel sets the limit, for every trap alike, and what ends is this process only. It knows no Django, and so starts fast.
"""

from __future__ import annotations

import errno
import json
import resource
import struct
import sys
import zlib
from contextlib import suppress
from datetime import date, datetime, time
from enum import IntEnum
from functools import partial
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

_MOST_CPU_SECONDS = 60  # the largest list takes seven
_MOST_ROWS = 1_048_576  # of a sheet in Excel and LibreOffice
_PIECE_BYTES = 65_536
_DAMAGES = (
    BadZipFile,
    CalamineError,
    EOFError,
    LookupError,
    NotImplementedError,  # `zipfile` does not know every version of the format
    OverflowError,
    ValueError,
    struct.error,
    zlib.error,
)


class Refusal(IntEnum):
    """Why a file was not read: the exit status of the program."""

    NOT_A_TABLE = 10
    PACKED = 11
    PASSWORD = 12
    DAMAGED = 13
    TOO_LARGE = 14


def main(path: Path, *, unpacked_bytes: int, memory_bytes: int, columns: int, cell_characters: int) -> None:
    """Write the kind of the file and the names of its visible sheets, then its rows; or exit with a Refusal."""
    _limit_this_process(memory_bytes=memory_bytes)
    try:
        kind = _check_archive(path, most_bytes=unpacked_bytes)
        _write_sheet(path, kind=kind, columns=columns, cell_characters=cell_characters)
    except MemoryError:
        sys.exit(Refusal.TOO_LARGE)
    except _DAMAGES:
        sys.exit(Refusal.DAMAGED)
    except OSError as error:
        if error.errno not in {errno.EFBIG, errno.EINVAL}:  # others are no fault of the file
            raise
        sys.exit(Refusal.TOO_LARGE if error.errno == errno.EFBIG else Refusal.DAMAGED)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Rust code; PyO3 lets nobody import it
            raise
        sys.exit(Refusal.DAMAGED)


def _limit_this_process(*, memory_bytes: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: _MOST_CPU_SECONDS,
        resource.RLIMIT_FSIZE: memory_bytes,
        resource.RLIMIT_CORE: 0,  # a dump would hold people's addresses
    }
    for kind, most in limits.items():
        with suppress(ValueError):  # a lower limit is in force, or the system is macOS, which has none for memory
            resource.setrlimit(kind, (most, most))


def _check_archive(path: Path, *, most_bytes: int) -> str:
    """Return the kind of the file, xlsx or ods; its parts hold what the archive's directory says, and not too much."""
    with ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            sys.exit(Refusal.PASSWORD)
        if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in parts):
            sys.exit(Refusal.NOT_A_TABLE)
        if sum(part.file_size for part in parts) > most_bytes:
            sys.exit(Refusal.TOO_LARGE)
        for part in parts:
            _check_part(archive, part)
        return _kind(archive, names={part.filename for part in parts})


def _check_part(archive: ZipFile, part: ZipInfo) -> None:
    declared = part.file_size
    part.file_size += 1  # `zipfile` stops where the directory says; calamine reads on
    with archive.open(part) as stream:
        unpacked = sum(map(len, iter(partial(stream.read, _PIECE_BYTES), b"")))
    part.file_size = declared
    if unpacked != declared:
        sys.exit(Refusal.DAMAGED)


def _kind(archive: ZipFile, *, names: set[str]) -> str:
    if "[Content_Types].xml" in names and "xl/_rels/workbook.xml.rels" in names:
        return "xlsx"
    if "mimetype" in names and b"spreadsheet" in archive.read("mimetype"):
        # OpenDocument 1.3, part 2, 3.4.1; calamine reports it only for a path that ends in .ods.
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            sys.exit(Refusal.PASSWORD)
        return "ods"
    sys.exit(Refusal.NOT_A_TABLE if names & {"[Content_Types].xml", "mimetype"} else Refusal.PACKED)


def _write_sheet(path: Path, *, kind: str, columns: int, cell_characters: int) -> None:
    """Write the sheet; what is over a limit is cut to what shows that it is, so that its row can be named."""
    with path.open("rb") as file:
        book = CalamineWorkbook.from_filelike(file)
    visible = [
        (place, sheet.name)
        for place, sheet in enumerate(book.sheets_metadata)
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    if not visible:
        sys.exit(Refusal.NOT_A_TABLE)
    _write([kind, *(name for _place, name in visible)])
    sheet = book.get_sheet_by_index(visible[0][0])
    if sheet.end and sheet.end[0] >= _MOST_ROWS:
        sys.exit(Refusal.TOO_LARGE)
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_written(cell)[: cell_characters + 1] for cell in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            _write([number, cells[:columns] + cells[columns:][-1:]])
    sys.stdout.buffer.flush()


def _write(line: object) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")


def _written(cell: object) -> str:
    """Return a cell as people write it: 5 and not 5.0, and dates in their ISO form."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return f"{cell:.15g}"  # the digits that Excel keeps
        case datetime():
            return cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    main(Path(sys.argv[1]), **json.loads(sys.argv[2]))
