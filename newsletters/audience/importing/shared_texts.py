"""The shared texts of an XLSX file, kept in pages of a temporary file."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from newsletters.audience.importing.limits import Limits
from newsletters.exceptions import DamagedTable

_MOST_IN_A_PAGE = 256
_MOST_CHARACTERS_IN_A_PAGE = 65_536
_PAGES_IN_MEMORY = 32
_BETWEEN = "\0"  # XML has no such character


class SharedTexts:
    """A list of texts that lives on the disk: for each page, memory holds two numbers."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._firsts, self._places = array("Q"), array("Q")
        self._count = self._characters = 0
        self._page: list[str] = []
        self._pages: OrderedDict[int, list[str]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, text: str) -> None:
        """Add a text at the end."""
        self._page.append(text)
        self._characters += len(text)
        if len(self._page) == _MOST_IN_A_PAGE or self._characters >= _MOST_CHARACTERS_IN_A_PAGE:
            self.close_page()

    def close_page(self) -> None:
        """Write what was added last; call this before reading."""
        if self._page:
            self._firsts.append(self._count)
            self._places.append(self._file.tell())
            self._file.write(_BETWEEN.join(self._page).encode())
            self._count += len(self._page)
        self._page, self._characters = [], 0

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < self._count:
            raise DamagedTable
        page = bisect_right(self._firsts, number) - 1
        return self._texts_of(page)[number - self._firsts[page]]

    def _texts_of(self, page: int) -> list[str]:
        texts = self._pages.get(page)
        if texts is None:
            self._file.seek(self._places[page])
            end = self._places[page + 1] if page + 1 < len(self._places) else None
            written = self._file.read(end - self._places[page] if end is not None else -1)
            texts = self._pages[page] = written.decode().split(_BETWEEN)
            if len(self._pages) > _PAGES_IN_MEMORY:
                self._pages.popitem(last=False)
        return texts


class TextsOfPart:
    """Takes the XML of the shared texts: each `si` is a text, in one `t` or in several with formats."""

    def __init__(self, texts: SharedTexts, *, limits: Limits) -> None:
        self._texts, self._limits = texts, limits
        self._pieces: list[str] = []
        self._number = self._characters = 0
        self._is_text = self._is_phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - as all targets take it
        if name == "t":
            self._is_text = not self._is_phonetic
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            self._texts.append("".join(self._pieces))
            self._pieces.clear()
            self._characters = 0

    def text(self, text: str) -> None:
        # A text longer than a cell may be is cut here: only the row that uses it can be named.
        room = self._limits.cell_characters + 1 - self._characters
        if self._is_text and room > 0:
            self._pieces.append(text[:room])
            self._characters += len(text[:room])
