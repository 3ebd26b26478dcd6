"""Where mails are taken in by LMTP: a port of this machine, such as `127.0.0.1:8024`, or the path of a socket."""

from __future__ import annotations

from dataclasses import dataclass

MOST_PORT = 65_535

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class LmtpAddress:
    """Either a path, or a host and a port."""

    path: str = ""
    host: str = ""
    port: int = 0


def lmtp_address(written: str) -> LmtpAddress:
    """Return what was written; raise ValueError if other machines could reach it: nobody logs in there."""
    if written.startswith("/"):
        return LmtpAddress(path=written)
    host, _colon, port = written.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host not in _LOOPBACK or not (port.isascii() and port.isdigit()) or int(port) > MOST_PORT:
        raise ValueError("write 127.0.0.1 and a port, such as 127.0.0.1:8024, or the path of a socket")
    return LmtpAddress(host=host, port=int(port))
