"""The standard library's SMTP client with one deadline for each reply, and Django's email backend on top of it."""

from __future__ import annotations

import smtplib
import ssl

from django.core.mail.backends import smtp as django_smtp
from typing_extensions import Buffer

from cms.network.sockets import TimelyConnection, TimelyTLSSocket, timely

MOST_REPLY_BYTES = 100_000  # RFC 5321 (4.5.3.1.5) knows lines of 512 bytes, and not how many there may be
GREATEST_TIMEOUT_SECONDS = 600


class TimelySMTP(smtplib.SMTP):
    """`timeout` is in seconds: for connecting, for each writing and for each whole reply."""

    sock: TimelyConnection  # None before it connects and after it ends

    def begin(self, *, seconds: float | None = None) -> None:
        """Let what follows, a writing or a reply, take `seconds` instead of the time-out."""
        if self.sock:
            self.sock.begin(seconds=seconds or self._seconds(), most_bytes=MOST_REPLY_BYTES)

    def send(self, s: Buffer | str) -> None:
        """Write a command or a content."""
        self.begin()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Return a reply, however many lines it has."""
        return self.getreply_within(self._seconds())

    def getreply_within(self, seconds: float) -> tuple[int, bytes]:
        """Return a reply that may take so long."""
        self.begin(seconds=seconds)
        try:
            return super().getreply()
        except smtplib.SMTPResponseException as error:  # its own word for a line without end, not the server's
            raise smtplib.SMTPServerDisconnected(f"the answer does not end: {error.smtp_error!r}") from error

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Ask one thing; the handshake that follows STARTTLS has the whole time-out again."""
        answer = super().docmd(cmd, args)
        if cmd == "STARTTLS" and self.sock:
            self.sock.settimeout(self._seconds())
        return answer

    def starttls(self, *, context: ssl.SSLContext) -> tuple[int, bytes]:  # type: ignore[override]
        """Encrypt; `smtplib` would make a context that trusts everybody."""
        context.sslsocket_class = TimelyTLSSocket
        return super().starttls(context=context)

    def _get_socket(self, host: str, port: int, _timeout: object) -> TimelyConnection:
        return timely(super()._get_socket(host, port, self._seconds()))  # type: ignore[misc]

    def _seconds(self) -> float:
        timeout: object = self.timeout  # also None, or the mark of `socket` that none was given
        return timeout if isinstance(timeout, int | float) else GREATEST_TIMEOUT_SECONDS


class TimelySMTPS(TimelySMTP, smtplib.SMTP_SSL):
    """The same, encrypted from the start."""

    def _get_socket(self, host: str, port: int, timeout: object) -> TimelyConnection:
        self.context.sslsocket_class = TimelyTLSSocket
        return super()._get_socket(host, port, timeout)


class EmailBackend(django_smtp.EmailBackend):
    """Django's SMTP backend; no mail server holds whoever sends with it without end."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return the client with deadlines."""
        return TimelySMTPS if self.use_ssl else TimelySMTP
