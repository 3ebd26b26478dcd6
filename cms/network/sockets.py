"""Sockets on which a whole answer has one deadline, and a largest size: whoever drips or never ends is cut off."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

MOST_BYTES = 10_000_000  # of one answer
_NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

if TYPE_CHECKING:
    _Socket = socket.socket
else:
    _Socket = object


class _Timely(_Socket):
    """What both kinds of socket do. Without `begin` they are sockets as any other."""

    _ends_at: float | None = None
    _bytes_left = 0

    def begin(self, *, seconds: float, most_bytes: int = MOST_BYTES) -> None:
        """From now on, what is asked and its whole answer may take `seconds` and have `most_bytes`."""
        self._ends_at, self._bytes_left = monotonic() + seconds, most_bytes

    def end(self) -> None:
        """Be a socket as any other again, whose time-out counts for each read."""
        self._ends_at = None

    def recv_into(self, *args: Any) -> int:  # noqa: ANN401 - passed on as they come
        """Read what there is, as `socket.recv_into`; raise TimeoutError at the deadline, OSError for too much."""
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
        """Write some of it, as `socket.send`; raise TimeoutError at the deadline."""
        self._wait_until_deadline()
        try:
            return super().send(*args)
        except _NOTHING_THERE as error:
            raise TimeoutError("timed out") from error

    def sendall(self, *args: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Write all of it, as `socket.sendall`; raise TimeoutError at the deadline."""
        self._wait_until_deadline()
        try:
            super().sendall(*args)
        except _NOTHING_THERE as error:
            raise TimeoutError("timed out") from error

    def _wait_until_deadline(self) -> None:
        """Let what follows wait no longer. After the deadline, as after a sleep, only what is there already counts."""
        if self._ends_at is not None:
            left = self._ends_at - monotonic()
            self.settimeout(left if left > 0 else 0.0)


class TimelySocket(_Timely, socket.socket):
    """A socket with a deadline."""


class TimelyTLSSocket(_Timely, ssl.SSLSocket):
    """The same, encrypted; a context makes it if this is its `sslsocket_class`."""


TimelyConnection: TypeAlias = TimelySocket | TimelyTLSSocket


def timely(sock: socket.socket) -> TimelyConnection:
    """Return the connection as one with a deadline, unless it is; the socket that is given is of no more use."""
    if isinstance(sock, TimelySocket | TimelyTLSSocket):
        return sock
    made = TimelySocket(sock.family, sock.type, sock.proto, fileno=sock.fileno())
    made.settimeout(sock.gettimeout())
    sock.detach()
    return made
