"""The ZIP archives that XLSX and ODS files are: opened with suspicion, their XML read piece by piece."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from django.utils.translation import gettext as _

from newsletters.audience.importing.limits import BYTES_IN_A_MEGABYTE, Limits
from newsletters.exceptions import DamagedTable, NotATable, OldTable, TableTooLarge

_PIECE_BYTES = 65_536
_MOST_TOKEN_BYTES = 1_048_576  # of a tag with its attributes
_MOST_NAMES = 1_000  # of tags and attributes in a part
_MOST_DIRECTORY_BYTES = 1_048_576
_MOST_SMALL_PART_BYTES = 16 * BYTES_IN_A_MEGABYTE
_DAMAGES = (
    BadZipFile,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    ValueError,
    expat.ExpatError,
    struct.error,
    zlib.error,
)
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"


class Target(Protocol):
    """Takes what a part says; names come without a prefix: no name that we read is in two namespaces."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def is_package(start: bytes) -> bool:
    """Say whether a file that starts with these bytes is a ZIP archive."""
    return start.startswith((b"PK\x03\x04", _END))


class Package:
    """An archive that is not larger, unpacked, than the settings allow.

    `zipfile` never returns more of a part than its header declares, so the sum of what is declared is a limit for what
    is read, too, as long as each part is deflated: other methods unpack a whole block at once.
    """

    def __init__(self, path: Path, *, limits: Limits) -> None:
        self._path = path
        _check_directory(path)
        with _reading(), ZipFile(path) as archive:
            parts = archive.infolist()
        self.names = {part.filename for part in parts}
        if any(part.flag_bits & 1 for part in parts):
            raise OldTable
        if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in parts):
            raise NotATable
        if sum(part.file_size for part in parts) > limits.unpacked_bytes:
            raise _unpacks_too_large()

    def read(self, name: str, *, target: Target, is_small: bool = True) -> Iterator[None]:
        """Give a part's XML to the target; yield after each piece, so that the caller can take what is ready."""
        with _reading(), ZipFile(self._path) as archive, archive.open(name) as part:
            if is_small and archive.getinfo(name).file_size > _MOST_SMALL_PART_BYTES:
                raise _unpacks_too_large()
            yield from _parse(part, target=target)

    def read_whole(self, name: str, *, target: Target) -> None:
        """Give a part's XML to the target."""
        for _piece in self.read(name, target=target):
            pass


def _unpacks_too_large() -> TableTooLarge:
    return TableTooLarge(_("This file holds far more than a list of people does. Save the list as CSV, and try again."))


def _check_directory(path: Path) -> None:
    """Refuse an archive with millions of parts before `zipfile` makes an object for each (APPNOTE 4.3.14, 4.3.16)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 66_000, 0))
        tail = file.read()
    found = tail.rfind(_END)
    if found < 0 or len(tail) < found + 22:
        raise DamagedTable
    (directory,) = struct.unpack_from("<L", tail, found + 12)
    found = tail.rfind(_END_64, 0, found)
    if found >= 0 and len(tail) >= found + 56:
        (directory,) = struct.unpack_from("<Q", tail, found + 40)
    if directory > _MOST_DIRECTORY_BYTES:
        raise _unpacks_too_large()


def _parse(part: IO[bytes], *, target: Target) -> Iterator[None]:
    parser, names = expat.ParserCreate(), _LocalNames()

    def start(name: str, attributes: dict[str, str]) -> None:
        target.start(names[name], {names[key]: value for key, value in attributes.items()})

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: target.end(names[name])
    parser.CharacterDataHandler = target.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    given = 0
    while piece := part.read(_PIECE_BYTES):
        parser.Parse(piece)
        given += len(piece)
        if given - parser.CurrentByteIndex > _MOST_TOKEN_BYTES:
            raise _unpacks_too_large()
        yield
    parser.Parse(b"", True)  # noqa: FBT003 - it takes no keywords
    yield


class _LocalNames(dict[str, str]):
    """Names without their prefix; expat keeps each name that it meets, so there may not be endless ones."""

    def __missing__(self, name: str) -> str:
        if len(self) >= _MOST_NAMES:
            raise NotATable
        local = self[name] = name.rpartition(":")[2]
        return local


def _refuse_doctype(*_declaration: object) -> None:
    """Neither format has one, and entities are declared there, which can be made to grow without limit."""
    raise NotATable


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except _DAMAGES as error:
        raise DamagedTable from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # which a place before the start of the file gives; others are no fault of it
            raise
        raise DamagedTable from error
