"""How large a file, its rows and its cells may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

from newsletters.conf import conf
from newsletters.exceptions import TableTooLarge

_BYTES_IN_A_MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits for one file."""

    file_bytes: int
    unpacked_bytes: int
    columns: int
    cell_characters: int

    @property
    def memory_bytes(self) -> int:
        """Return the memory that reading a spreadsheet may take, as it grows with what is unpacked.

        Measured with python-calamine 0.9: lists take 1.6 to 2.3 times as much; the rest is for tables with gaps.
        """
        return 64 * _BYTES_IN_A_MEGABYTE + 4 * self.unpacked_bytes

    @classmethod
    def from_settings(cls) -> Self:
        """Return the limits that the settings give."""
        return cls(
            file_bytes=conf.IMPORT_MOST_MEGABYTES * _BYTES_IN_A_MEGABYTE,
            unpacked_bytes=conf.IMPORT_MOST_UNPACKED_MEGABYTES * _BYTES_IN_A_MEGABYTE,
            columns=conf.IMPORT_MOST_COLUMNS,
            cell_characters=conf.IMPORT_MOST_CELL_CHARACTERS,
        )

    def check_row(self, *, number: int, cells: Sequence[str]) -> None:
        """Raise TableTooLarge if the row has too many cells, or one of them too much text."""
        self.check_width(number=number, columns=len(cells))
        self.check_length(number=number, characters=max(map(len, cells), default=0))

    def check_width(self, *, number: int, columns: int) -> None:
        """Raise TableTooLarge if the row has too many cells."""
        if columns > self.columns:
            raise TableTooLarge(
                _("Row %(number)d has more than %(most)d columns.") % {"number": number, "most": self.columns}
            )

    def check_length(self, *, number: int, characters: int) -> None:
        """Raise TableTooLarge if a cell of the row has too much text."""
        if characters > self.cell_characters:
            raise self.cell_too_long(number=number)

    def cell_too_long(self, *, number: int) -> TableTooLarge:
        """Return the error for a cell with too much text."""
        return TableTooLarge(
            _("Row %(number)d has a cell with more than %(most)d characters. Perhaps a quotation mark is missing.")
            % {"number": number, "most": self.cell_characters}
        )
