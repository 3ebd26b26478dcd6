"""XLSX and ODS files, read by python-calamine in a process of its own: `read_spreadsheet` says why."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from weakref import finalize

from django.utils.translation import gettext as _

from newsletters.audience.importing import read_spreadsheet
from newsletters.audience.importing.limits import Limits
from newsletters.audience.importing.read_spreadsheet import Refusal
from newsletters.exceptions import DamagedTable, NotATable, OldTable, PackedTable, TableTooLarge, TableUnreadable

_REFUSALS: dict[int, type[TableUnreadable]] = {
    Refusal.NOT_A_TABLE: NotATable,
    Refusal.PACKED: PackedTable,
    Refusal.PASSWORD: OldTable,
    Refusal.DAMAGED: DamagedTable,
}


class Spreadsheet:
    """The first visible sheet of a file; its rows wait in a temporary file, so memory here does not grow with them."""

    encoding = separator = ""

    def __init__(self, path: Path, *, limits: Limits) -> None:
        self._lines = TemporaryFile()  # noqa: SIM115 - closed with this object; it has no name, so no crash leaves it
        finalize(self, self._lines.close)
        options = {
            "unpacked_bytes": limits.unpacked_bytes,
            "memory_bytes": limits.memory_bytes,
            "columns": limits.columns,
            "cell_characters": limits.cell_characters,
        }
        done = subprocess.run(  # noqa: S603 - our own program, with a path and numbers
            [sys.executable, "-P", read_spreadsheet.__file__, path, json.dumps(options)],
            stdout=self._lines,
            check=False,
        )
        _raise_refusal(done)
        self._lines.seek(0)
        self.kind, self.name, *self.other_names = json.loads(self._lines.readline())
        self._place_of_rows = self._lines.tell()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Return the rows that hold something, with their numbers."""
        place = self._place_of_rows
        while True:
            self._lines.seek(place)  # another caller may have read on in between
            line = self._lines.readline()
            if not line:
                return
            place = self._lines.tell()
            number, cells = json.loads(line)
            yield number, cells


def _raise_refusal(done: subprocess.CompletedProcess) -> None:
    """Raise the reason that the program gives; one that a signal ended was over a limit of its process."""
    if done.returncode < 0 or done.returncode == Refusal.TOO_LARGE:
        raise TableTooLarge(
            _("This file holds far more than a list of people does. Save the list as CSV, and try again.")
        )
    if done.returncode in _REFUSALS:
        raise _REFUSALS[done.returncode]
    done.check_returncode()
