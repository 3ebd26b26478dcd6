"""ODS files (OpenDocument 1.3, part 3): the rows of the first sheet, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from newsletters.audience.importing.limits import MOST_ROWS, Limits
from newsletters.audience.importing.packages import Package
from newsletters.audience.importing.written import written_number
from newsletters.exceptions import NotATable, OldTable, TableTooLarge

_CELLS = frozenset({"table-cell", "covered-table-cell"})
_NOT_IN_THE_CELL = frozenset({"annotation", "annotation-end", "shapes", "forms", "tracked-changes"})


class OdsSheet:
    """The first sheet of an ODS file."""

    kind = "ods"
    encoding = separator = ""

    def __init__(self, package: Package, *, limits: Limits) -> None:
        self._package, self._limits = package, limits
        if "content.xml" not in package.names:
            raise NotATable
        if "META-INF/manifest.xml" in package.names:
            manifest = _Manifest()
            package.read_whole("META-INF/manifest.xml", target=manifest)
            if manifest.is_encrypted:
                raise OldTable
        names = _Names()
        for _piece in package.read("content.xml", target=names, is_small=False):
            pass
        if not names.names:
            raise NotATable
        self.name, self.other_names = names.names[0], names.names[1:]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Return the rows with their numbers."""
        cells = _Cells(limits=self._limits)
        for _piece in self._package.read("content.xml", target=cells, is_small=False):
            for number, times, row in cells.rows:
                yield from zip(range(number, number + times), (row.copy() for row in repeat(row)), strict=False)
            cells.rows.clear()
            if cells.is_over:
                return


class _Manifest:
    """Says whether the parts are encrypted."""

    is_encrypted = False

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - as all targets take it
        self.is_encrypted = self.is_encrypted or name == "encryption-data"

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class _Names:
    """The names of the sheets."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._depth += 1
            if self._depth == 1 and len(self.names) < 256:
                self.names.append(attributes.get("name", ""))

    def end(self, name: str) -> None:
        self._depth -= name == "table"

    def text(self, text: str) -> None: ...


class _Cells:
    """Takes the document's XML and makes rows of its first table."""

    def __init__(self, *, limits: Limits) -> None:
        self.rows: list[tuple[int, int, list[str]]] = []  # number, how many times, cells
        self.is_over = False
        self._limits = limits
        self._number, self._times = 1, 1
        self._column = self._columns = self._characters = 0
        self._cells: list[str] = []
        self._pieces: list[str] = []
        self._value: str | None = None
        self._depth_of_notes = 0
        self._is_in_cell = False
        self._is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _NOT_IN_THE_CELL:
            self._depth_of_notes += 1
        elif self._depth_of_notes or self.is_over:
            return
        elif name == "table-row":
            self._times = _count(attributes.get("number-rows-repeated"))
            self._cells, self._column = [], 0
        elif name in _CELLS:
            self._columns = _count(attributes.get("number-columns-repeated"))
            self._value, self._is_in_cell = _typed_value(attributes), True
            self._pieces.clear()
            self._characters = 0
        elif self._is_in_cell:
            self._start_of_text(name, attributes)

    def _start_of_text(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p":
            if self._pieces:
                self._take("\n")
            self._is_text = True
        elif name == "s":
            self._take(" " * min(_count(attributes.get("c")), self._limits.cell_characters + 1))
        elif name in {"tab", "line-break"}:
            self._take("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        if name in _NOT_IN_THE_CELL:
            self._depth_of_notes -= 1
        elif self._depth_of_notes or self.is_over:
            return
        elif name == "p":
            self._is_text = False
        elif name in _CELLS:
            self._end_of_cell()
        elif name == "table-row":
            self._end_of_row()
        elif name == "table":
            self.is_over = True

    def text(self, text: str) -> None:
        if self._is_text and not self._depth_of_notes:
            self._take(text)

    def _take(self, text: str) -> None:
        self._characters += len(text)
        self._limits.check_length(number=self._number, characters=self._characters)
        self._pieces.append(text)

    def _end_of_cell(self) -> None:
        value = "".join(self._pieces) if self._value is None else self._value
        self._is_in_cell = False
        if value:
            self._limits.check_width(number=self._number, columns=self._column + self._columns)
            self._cells.extend([""] * (self._column - len(self._cells)))
            self._cells.extend([value] * self._columns)
        self._column += self._columns

    def _end_of_row(self) -> None:
        if self._cells:
            if self._number + self._times > MOST_ROWS + 1:
                raise TableTooLarge
            self.rows.append((self._number, self._times, self._cells))
        self._number += self._times


def _count(written: str | None) -> int:
    return max(int(written), 1) if written and written.isdecimal() and len(written) < 10 else 1


def _typed_value(attributes: dict[str, str]) -> str | None:
    """Return what a cell holds that is no text; what a person sees there depends on its format."""
    match attributes.get("value-type"):
        case "date":
            date, _t, time = attributes.get("date-value", "").partition("T")
            return f"{date} {time.partition('.')[0]}".strip()
        case "float" | "percentage" | "currency":
            return written_number(attributes.get("value", ""))
        case "boolean":
            return attributes.get("boolean-value", "")
        case "string" if "string-value" in attributes:
            return attributes["string-value"]
    return None
