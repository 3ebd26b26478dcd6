"""Bytes with slots, which join what many copies share with what differs between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Slot = TypeVar("Slot")


class Stencil(Generic[Slot]):
    """Pieces of bytes and slots, in order; a slot is anything that is not bytes."""

    def __init__(self, pieces: Iterable[bytes | Slot]) -> None:
        self._pieces = list(pieces)
        self._slots = [(index, piece) for index, piece in enumerate(self._pieces) if not isinstance(piece, bytes)]

    def fill(self, values: Mapping[Slot, bytes]) -> bytes:
        """Return the whole, with a value in every slot."""
        pieces: list[bytes | Slot] = self._pieces.copy()
        for index, slot in self._slots:
            pieces[index] = values[slot]
        return b"".join(pieces)  # type: ignore[arg-type]
