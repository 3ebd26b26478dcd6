"""The small parts of an XLSX file: its sheets, what they are related to, and which cells hold dates."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # ECMA-376 18.8.30
_NOT_OF_A_DATE = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)


class _Quiet:
    """Takes the parts of the XML that say nothing to us."""

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class SheetEntry:
    """A visible sheet in the workbook's list."""

    name: str
    relation: str


class Workbook(_Quiet):
    """The visible sheets, and the epoch of their dates."""

    def __init__(self) -> None:
        self.sheets: list[SheetEntry] = []
        self.is_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            self.sheets.append(SheetEntry(name=attributes.get("name", ""), relation=attributes.get("id", "")))
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904", "0") in {"1", "true", "on"}


class Relations(_Quiet):
    """The parts that a part is related to."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[str, str]] = {}  # by their key: the last word of their type, and their place

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.parts[attributes.get("Id", "")] = kind, attributes.get("Target", "")


class Styles(_Quiet):
    """Which styles of cells show a number as a date."""

    def __init__(self) -> None:
        self._formats: dict[str, bool] = {}
        self._styles: list[bool] = []
        self._is_in_cell_formats = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = _shows_date(attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._is_in_cell_formats = True
        elif name == "xf" and self._is_in_cell_formats:
            key = attributes.get("numFmtId", "0")
            self._styles.append(self._formats.get(key, key.isdigit() and int(key) in _BUILT_IN_DATES))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._is_in_cell_formats = False

    def is_date(self, style: int) -> bool:
        """Say whether cells of this style show dates."""
        return 0 <= style < len(self._styles) and self._styles[style]


def _shows_date(code: str) -> bool:
    return bool(_DATE_LETTERS.search(_NOT_OF_A_DATE.sub("", code.partition(";")[0])))
