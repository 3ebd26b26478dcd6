"""Quoted-printable text with slots (RFC 2045, section 6.7): encoded once, filled for each copy.

A slot is always at the start of a line, after a soft line break that no reader sees, and another soft line break
follows its value. So each value is encoded by itself, whatever surrounds it, and no line exceeds 76 characters.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Iterable, Iterator

SOFT_BREAK = b"=\r\n"
_LINE_BREAKS = re.compile(r"\r\n|\r|\n")


def encode(text: str) -> bytes:
    """Return a text as quoted-printable with CRLF, to be put at the start of a line."""
    return b2a_qp(_LINE_BREAKS.sub("\n", text).encode(), istext=True).replace(b"\n", b"\r\n")


def encode_value(words: str) -> bytes:
    """Return what fills a slot: the words and the soft line break after them."""
    return _encode_before_break(_LINE_BREAKS.sub("\n", words).encode())


def split_at_slots(body: str, *, names: Iterable[str]) -> Iterator[bytes | str]:
    """Yield a body as encoded pieces and, between them, the names that it contains."""
    pieces = re.split("(" + "|".join(map(re.escape, names)) + ")", _LINE_BREAKS.sub("\n", body))
    for index, piece in enumerate(pieces):
        if index % 2:
            yield piece
        elif index == len(pieces) - 1 or not piece or piece.endswith("\n"):
            yield encode(piece)
        else:
            yield _encode_before_break(piece.encode())


def _encode_before_break(text: bytes) -> bytes:
    # The extra letter stands in for what follows: it leaves room for the "=" and protects spaces at the end.
    return b2a_qp(text + b"x", istext=True)[:-1].replace(b"\n", b"\r\n") + SOFT_BREAK
