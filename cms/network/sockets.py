"""Sockets that limit the time and the size of a whole answer: slow or endless answers are cut off."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

MOST_BYTES = 10_000_000  # of an answer
_NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

if TYPE_CHECKING:
    _Socket = socket.socket
else:
    _Socket = object


class _Timely(_Socket):
    """What both kinds of socket share. Until `begin` is called they are ordinary sockets."""

    _ends_at: float | None = None
    _bytes_left = 0

    def begin(self, *, seconds: float, most_bytes: int = MOST_BYTES) -> None:
        """Limit the next request and its whole answer to `seconds` and `most_bytes`."""
        self._ends_at, self._bytes_left = monotonic() + seconds, most_bytes

    def end(self) -> None:
        """Become an ordinary socket again, with a time-out for each read."""
        self._ends_at = None

    def recv_into(self, *args: Any) -> int:  # noqa: ANN401 - passed on as they come
        """Read like `socket.recv_into`; raise TimeoutError at the deadline, OSError if the answer is too long."""
        if self._ends_at is None:
            return super().recv_into(*args)
        if self._bytes_left <= 0:
            raise OSError("the answer does not end")
        self._wait_until_deadline()
        try:
            count = super().recv_into(*args)
        except _NOTHING_THERE as error:
            raise TimeoutError("timed out") from error
        self._bytes_left -= count
        return count

    def send(self, *args: Any) -> int:  # noqa: ANN401 - passed on as they come
        """Write like `socket.send`; raise TimeoutError at the deadline."""
        self._wait_until_deadline()
        try:
            return super().send(*args)
        except _NOTHING_THERE as error:
            raise TimeoutError("timed out") from error

    def sendall(self, *args: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Write like `socket.sendall`; raise TimeoutError at the deadline."""
        self._wait_until_deadline()
        try:
            super().sendall(*args)
        except _NOTHING_THERE as error:
            raise TimeoutError("timed out") from error

    def _wait_until_deadline(self) -> None:
        """Limit the wait to the time left; after the deadline, only read what has already arrived."""
        if self._ends_at is not None:
            left = self._ends_at - monotonic()
            self.settimeout(left if left > 0 else 0.0)


class TimelySocket(_Timely, socket.socket):
    """A socket with a deadline."""


class TimelyTLSSocket(_Timely, ssl.SSLSocket):
    """An encrypted socket with a deadline; contexts make it if it is their `sslsocket_class`."""


TimelyConnection: TypeAlias = TimelySocket | TimelyTLSSocket


def timely(sock: socket.socket) -> TimelyConnection:
    """Return the connection as a socket with a deadline; an ordinary `sock` cannot be used afterwards."""
    if isinstance(sock, TimelySocket | TimelyTLSSocket):
        return sock
    made = TimelySocket(sock.family, sock.type, sock.proto, fileno=sock.fileno())
    made.settimeout(sock.gettimeout())
    sock.detach()
    return made
