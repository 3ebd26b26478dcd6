"""XLSX files (ECMA-376, SpreadsheetML): the rows of the first visible sheet, in memory that does not grow.

openpyxl was measured: it keeps all shared texts, grows with each row, takes four times as long, and builds a row of any
width before it can be refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import join, normpath

from newsletters.audience.importing.limits import MOST_ROWS, Limits
from newsletters.audience.importing.packages import Package
from newsletters.audience.importing.shared_texts import SharedTexts, TextsOfPart
from newsletters.audience.importing.workbook import Relations, Styles, Workbook
from newsletters.audience.importing.written import written_date, written_number, written_text
from newsletters.exceptions import DamagedTable, NotATable, TableTooLarge


class XlsxSheet:
    """The first visible sheet of an XLSX file."""

    kind = "xlsx"
    encoding = separator = ""

    def __init__(self, package: Package, *, limits: Limits) -> None:
        self._package, self._limits = package, limits
        self._related = _Related(package)
        self._workbook = Workbook()
        package.read_whole(self._related.workbook, target=self._workbook)
        visible = [sheet for sheet in self._workbook.sheets if sheet.relation in self._related.parts]
        if not visible:
            raise NotATable
        self.name, self._part = visible[0].name, self._related.parts[visible[0].relation]
        self.other_names = [sheet.name for sheet in visible[1:]]
        self._styles = Styles()
        if self._related.styles in package.names:
            package.read_whole(self._related.styles, target=self._styles)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Return the rows with their numbers."""
        with SharedTexts() as texts:
            if self._related.texts in self._package.names:
                reader = TextsOfPart(texts, limits=self._limits)
                for _piece in self._package.read(self._related.texts, target=reader, is_small=False):
                    pass
                texts.close_page()
            cells = _Cells(texts, styles=self._styles, is_1904=self._workbook.is_1904, limits=self._limits)
            for _piece in self._package.read(self._part, target=cells, is_small=False):
                yield from cells.rows
                cells.rows.clear()


class _Related:
    """Where the parts of a workbook are."""

    def __init__(self, package: Package) -> None:
        top = Relations()
        if "_rels/.rels" in package.names:
            package.read_whole("_rels/.rels", target=top)
        found = [target for kind, target in top.parts.values() if kind == "officeDocument"]
        self.workbook = normpath(found[0].lstrip("/")) if found else "xl/workbook.xml"
        if self.workbook not in package.names:
            raise NotATable
        folder, _slash, name = self.workbook.rpartition("/")
        relations = Relations()
        package.read_whole(join(folder, "_rels", f"{name}.rels"), target=relations)
        places = {key: _place(target, folder=folder) for key, (_kind, target) in relations.parts.items()}
        kinds = {kind: places[key] for key, (kind, _target) in relations.parts.items()}
        self.parts = {key: places[key] for key, (kind, _target) in relations.parts.items() if kind == "worksheet"}
        self.texts, self.styles = kinds.get("sharedStrings", ""), kinds.get("styles", "")


def _place(target: str, *, folder: str) -> str:
    return normpath(target.lstrip("/") if target.startswith("/") else join(folder, target))


class _Cells:
    """Takes a sheet's XML and makes rows of it."""

    def __init__(self, texts: SharedTexts, *, styles: Styles, is_1904: bool, limits: Limits) -> None:
        self.rows: list[tuple[int, list[str]]] = []
        self._texts, self._styles, self._is_1904, self._limits = texts, styles, is_1904, limits
        self._number = self._column = self._characters = 0
        self._cells: list[str] = []
        self._pieces: list[str] = []
        self._kind = self._style = ""
        self._is_text = self._is_phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._column = _column(attributes["r"]) if "r" in attributes else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._pieces.clear()
            self._characters = 0
        elif name in {"v", "t"}:
            self._is_text = not self._is_phonetic
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            if self._number < 1:
                raise DamagedTable
            if self._number > MOST_ROWS:
                raise TableTooLarge
            self._cells, self._column = [], 0
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._is_text = False
        elif name == "c" and self._pieces:
            self._add(self._value("".join(self._pieces)))
        elif name == "row":
            self.rows.append((self._number, self._cells))
        elif name == "rPh":
            self._is_phonetic = False

    def text(self, text: str) -> None:
        if self._is_text:
            self._characters += len(text)
            self._limits.check_length(number=self._number, characters=self._characters)
            self._pieces.append(text)

    def _add(self, value: str) -> None:
        if value:
            self._limits.check_width(number=self._number, columns=self._column)
            self._cells.extend([""] * (self._column - len(self._cells)))
            self._cells[self._column - 1] = value

    def _value(self, text: str) -> str:
        if self._kind == "s":
            return written_text(self._texts[int(text)])
        if self._kind == "n":
            is_date = self._styles.is_date(int(self._style))
            return written_date(text, is_1904=self._is_1904) if is_date else written_number(text)
        if self._kind == "b":
            return "true" if text == "1" else "false"
        return written_text(text)


def _column(reference: str) -> int:
    """Return the number of a cell's column: 28 for AB7."""
    number = 0
    for character in reference[:4]:
        if not character.isalpha():
            break
        number = number * 26 + ord(character) - 64
    if number < 1:
        raise DamagedTable
    return number
