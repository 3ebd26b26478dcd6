"""Receive one mail from a mail server's pipe: its beginning, and the address that it was sent to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newsletters.results.incoming.parsing import MOST_BYTES

MOST_DRAINED = 100 * 1024 * 1024
CHUNK = 64 * 1024

# Where Postfix (local and pipe), qmail, Exim and Dovecot's Sieve write the address; the one before aliases comes first.
_RECIPIENTS = ("ORIGINAL_RECIPIENT", "RECIPIENT", "ORIG_TO", "USER")


class Stream(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """Return at most this many bytes; none at the end."""


def read_one(stream: Stream, *, most: int = MOST_BYTES) -> bytes:
    """Return the first bytes of a mail, at most so many.

    What follows is read and dropped: a server whose pipe breaks would send the mail again.
    """
    found = bytearray()
    while len(found) < most and (chunk := stream.read(min(CHUNK, most - len(found)))):
        found += chunk
    for _ in range(MOST_DRAINED // CHUNK if len(found) >= most else 0):
        if not stream.read(CHUNK):
            break
    return bytes(found)


def recipient_in(environment: Mapping[str, str]) -> str:
    """Return the address that a server names in a pipe's environment; empty if it names none."""
    return next((value for name in _RECIPIENTS if "@" in (value := environment.get(name, ""))), "")
