"""A local inbox: an SMTP server that keeps every mail in a Maildir, and functions to read the mails."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, kw_only=True)
class Received:
    """The headers of a mail in the inbox."""

    key: str
    sender: str
    recipient: str
    subject: str
    date: str
    message_id: str
    language: str


class InboxUnavailable(Exception):
    """The inbox cannot listen on its port."""


class Listener(Controller):
    """aiosmtpd's server, only for this machine; port 0 means any free port. It has a minute to start."""

    def __init__(self, handler: object, *, port: int, **options: object) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port, ready_timeout=60, **options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Inbox:
    """The Maildir at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.maildir = mailbox.Maildir(path, create=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail; called by the SMTP server."""
        self.maildir.add(cast("bytes", envelope.original_content))
        return "250 2.0.0 kept"

    @contextmanager
    def listening(self, *, port: int) -> Iterator[int]:
        """Accept mails on this port while the block runs; 0 means any free port. Yield the port that is used."""
        listener = Listener(self, port=port, enable_SMTPUTF8=True)
        try:
            listener.start()
        except OSError as error:
            raise InboxUnavailable(f"The inbox cannot listen on port {port}: {error.strerror or error}.") from error
        try:
            yield listener.port
        finally:
            listener.stop()

    def mails(self) -> list[Received]:
        """Return the headers of all mails, the newest first."""
        paths = [path for folder in ("new", "cur") for path in (self.path / folder).iterdir()]
        newest = sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [_head(path) for path in newest]

    def message_ids(self) -> list[str]:
        """Return the Message-IDs of all mails."""
        return [mail.message_id for mail in self.mails()]

    def get(self, key: str) -> EmailMessage | None:
        """Return the mail with this key, None if there is none."""
        raw = self.raw(key)
        return None if raw is None else message_from_bytes(raw, policy=policy.default)

    def raw(self, key: str) -> bytes | None:
        """Return the mail as it came, None if there is none."""
        return self.maildir.get_bytes(key) if key in self.maildir else None


@lru_cache(maxsize=5000)
def _head(path: Path) -> Received:
    with path.open("rb") as file:
        head = file.read(8192).partition(b"\r\n\r\n")[0]
    message = message_from_bytes(head, policy=policy.default)
    return Received(
        key=path.name.partition(":")[0],
        sender=str(message["From"]),
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        date=str(message["Date"]),
        message_id=str(message["Message-ID"]).strip(),
        language=str(message["Content-Language"] or ""),
    )
