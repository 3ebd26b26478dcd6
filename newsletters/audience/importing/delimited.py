"""CSV files: their encoding, their separator, and their rows (RFC 4180, and what programs make of it)."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from newsletters.audience.importing.limits import Limits
from newsletters.exceptions import BrokenEncoding, DamagedTable, EmptyTable, NotATable

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "ISO 8859-1",
    "cp1250": "Windows-1250",
    "mac-roman": "Mac Roman",
    "cp850": "DOS 850",
}
SEPARATORS = (",", ";", "\t", "|")

_SAMPLE_BYTES = 65_536
_PIECE_BYTES = 1_048_576
_MOST_CHARACTERS_IN_A_ROW = 1_048_576
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
_MARKED_UP = re.compile(r"\s*[<{\[]|%PDF|\{\\rtf")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*")  # Excel's own mark in the first line
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


class DelimitedText:
    """A CSV file."""

    kind = "csv"
    name = ""

    def __init__(self, path: Path, *, encoding: str | None, separator: str | None, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self.encoding = _checked_encoding(path, encoding) if encoding else _guess_encoding(path)
        sample = self._sample()
        if not sample.strip():
            raise EmptyTable
        if _BINARY.search(sample) or _MARKED_UP.match(sample):
            raise NotATable
        self.separator = separator or _guess_separator(sample)
        self.other_names: list[str] = []

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Return the rows with their numbers; a line break within quotation marks starts no row."""
        number = 0
        with self._open() as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self.separator)
            try:
                for number, cells in enumerate(reader, start=1):
                    lines.characters = 0
                    if number == 1 and _SEPARATOR_LINE.fullmatch(self.separator.join(cells)):
                        continue
                    yield number, [_without_guard(cell) for cell in cells]
            except csv.Error as error:  # the field is longer than csv.field_size_limit()
                raise self._limits.cell_too_long(number=number + 1) from error
            except UnicodeDecodeError as error:  # it was whole when the table was opened
                raise DamagedTable from error

    def _sample(self) -> str:
        with self._open() as file:
            return file.read(_SAMPLE_BYTES)

    def _open(self) -> TextIO:
        return self._path.open(encoding="utf-8-sig" if self.encoding == "utf-8" else self.encoding, newline="")


class _Lines:
    """The lines of a file, none of which may be endless, nor may a row of several lines."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.characters = 0  # since the last row ended

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(_MOST_CHARACTERS_IN_A_ROW):
            self.characters += len(line)
            if self.characters >= _MOST_CHARACTERS_IN_A_ROW:
                raise csv.Error("endless row")
            yield line


def _guess_encoding(path: Path) -> str:
    """Return UTF-8 or UTF-16 if the file is that, else Windows-1252, which most programs in the Netherlands write.

    Detectors compare how often letters occur, and a list has too few of them: charset-normalizer takes such lists of
    Dutch names for Windows-1250. So there is a rule that people can foresee, and they can choose another encoding.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked_encoding(path, "utf-16")
    line = _first_broken_line(path, "utf-8")
    if line is None:
        return "utf-8"
    if _is_mostly_utf_8(path):
        raise _broken(line, encoding="utf-8")
    return "cp1252" if _first_broken_line(path, "cp1252") is None else "latin-1"


def _checked_encoding(path: Path, encoding: str) -> str:
    if encoding not in ENCODINGS:
        raise BrokenEncoding
    line = _first_broken_line(path, encoding)
    if line is not None:
        raise _broken(line, encoding=encoding)
    return encoding


def _broken(line: int, *, encoding: str) -> BrokenEncoding:
    return BrokenEncoding(
        _("Line %(line)d has characters that %(encoding)s does not know. Choose another encoding, or correct the line.")
        % {"line": line, "encoding": ENCODINGS[encoding]}
    )


def _first_broken_line(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    try:
        for piece in _pieces(path):
            line += decoder.decode(piece).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return line + error.object[: error.start].decode(error.encoding, "replace").count("\n")
    except UnicodeError:  # UTF-16 without its mark
        return line
    return None


def _is_mostly_utf_8(path: Path) -> bool:
    """Say whether most characters beyond ASCII are written as UTF-8 writes them."""
    whole = broken = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in _pieces(path):
        text = decoder.decode(piece)
        broken += text.count("\ufffd")
        whole += sum(not character.isascii() for character in text) - text.count("\ufffd")
    return whole > broken


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _guess_separator(sample: str) -> str:
    """Return the separator that divides most of the first rows into as many cells as the header has."""
    first = _SEPARATOR_LINE.fullmatch(sample.partition("\n")[0])
    if first:
        return first[1]
    return max(SEPARATORS, key=lambda separator: _evenness(sample, separator=separator))


def _evenness(sample: str, *, separator: str) -> tuple[int, int]:
    try:
        rows = [row for row in islice(csv.reader(StringIO(sample), delimiter=separator), 50) if row]
    except csv.Error:
        return 0, 0
    width = len(rows[0]) if rows else 1
    return (Counter(map(len, rows))[width], width) if width > 1 else (0, 0)


def _without_guard(cell: str) -> str:
    """Take back the apostrophe that keeps a spreadsheet program from running a cell (see `exporting.sheets`)."""
    return cell[1:] if _GUARDED.match(cell) else cell
