"""The standard library's SMTP client with a deadline for each reply, and Django's email backend that uses it."""

from __future__ import annotations

import smtplib
import ssl

from django.core.mail.backends import smtp as django_smtp
from typing_extensions import Buffer

from cms.network.sockets import TimelyConnection, TimelyTLSSocket, timely

MOST_REPLY_BYTES = 100_000  # RFC 5321 (4.5.3.1.5) limits a line to 512 bytes, but not the number of lines
GREATEST_TIMEOUT_SECONDS = 600


class TimelySMTP(smtplib.SMTP):
    """A client whose `timeout`, in seconds, limits connecting, each write, and each whole reply."""

    sock: TimelyConnection  # None before it connects and after it ends

    def begin(self, *, seconds: float | None = None) -> None:
        """Limit the next write or reply to `seconds` instead of the time-out."""
        if self.sock:
            self.sock.begin(seconds=seconds or self._seconds(), most_bytes=MOST_REPLY_BYTES)

    def send(self, s: Buffer | str) -> None:
        """Write a command or a message."""
        self.begin()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Return a reply of any number of lines."""
        return self.getreply_within(self._seconds())

    def getreply_within(self, seconds: float) -> tuple[int, bytes]:
        """Return a reply that may take `seconds`."""
        self.begin(seconds=seconds)
        try:
            return super().getreply()
        except smtplib.SMTPResponseException as error:  # raised by smtplib for an endless line, not by the server
            raise smtplib.SMTPServerDisconnected(f"the answer does not end: {error.smtp_error!r}") from error

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Send a command and return its reply; the handshake after STARTTLS gets the whole time-out again."""
        answer = super().docmd(cmd, args)
        if cmd == "STARTTLS" and self.sock:
            self.sock.settimeout(self._seconds())
        return answer

    def starttls(self, *, context: ssl.SSLContext) -> tuple[int, bytes]:  # type: ignore[override]
        """Start TLS with `context`; without one, `smtplib` would trust any certificate."""
        context.sslsocket_class = TimelyTLSSocket
        return super().starttls(context=context)

    def _get_socket(self, host: str, port: int, _timeout: object) -> TimelyConnection:
        return timely(super()._get_socket(host, port, self._seconds()))  # type: ignore[misc]

    def _seconds(self) -> float:
        timeout: object = self.timeout  # may be None, or the default object of `socket`
        return timeout if isinstance(timeout, int | float) else GREATEST_TIMEOUT_SECONDS


class TimelySMTPS(TimelySMTP, smtplib.SMTP_SSL):
    """The same client, encrypted from the start."""

    def _get_socket(self, host: str, port: int, timeout: object) -> TimelyConnection:
        self.context.sslsocket_class = TimelyTLSSocket
        return super()._get_socket(host, port, timeout)


class EmailBackend(django_smtp.EmailBackend):
    """Django's SMTP backend, which no mail server can block for ever."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return the client with deadlines."""
        return TimelySMTPS if self.use_ssl else TimelySMTP
