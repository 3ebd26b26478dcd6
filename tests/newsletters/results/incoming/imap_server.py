"""A real IMAP server (pymap) on the loopback interface, with mails in memory."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "ann", "s3cret @word"
START_SECONDS = 30


class Server:
    """A running server, seen through a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.client = imaplib.IMAP4("127.0.0.1", port, timeout=START_SECONDS)
        self.client.login(USER, PASSWORD)

    def deliver(self, raw: bytes, *, flags: str = "") -> None:
        """Put a mail into the inbox."""
        assert self.client.append("INBOX", flags, "", raw)[0] == "OK"

    def empty(self) -> None:
        """Take away all mails."""
        for folder in ("INBOX", "Handled", '"Handled mails"'):
            if self.client.select(folder)[0] == "OK":
                self.client.store("1:*", "+FLAGS", r"(\Deleted)")
                self.client.expunge()

    def uids(self, criterion: str = "ALL", *, folder: str = "INBOX") -> list[bytes]:
        """Return the numbers of the mails in a folder that fit."""
        assert self.client.select(folder, readonly=True)[0] == "OK"
        return list(self.client.uid("SEARCH", criterion)[1][0].split())


@contextmanager
def imap_server(*, certificate: Path | None = None, key: Path | None = None) -> Iterator[Server]:
    """Start a server, with a certificate for STARTTLS or without; stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tls = ["--cert", str(certificate), "--key", str(key)] if certificate else ["--no-tls"]
    start = [sys.executable, "-W", "ignore", "-c", "from pymap.main import main; main()"]
    where = ["--host", "127.0.0.1", "--port", str(port), *tls]
    login = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    process = subprocess.Popen([*start, *where, *login], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        server = Server(port)
        yield server
        server.client.shutdown()
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return
