"""Connect to an SMTP server with the standard library's client: encryption, login, and what goes wrong with them."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from cms.network.smtp import TimelySMTP, TimelySMTPS
from newsletters.sending.transport.conversation import Conversation, unasked
from newsletters.sending.transport.outages import as_outage
from newsletters.sending.transport.pipelining import trust_in


class SmtpTransport:
    """An SMTP server. `timeout` is in seconds, for connecting, for each write and for each whole reply but the last."""

    most = 1

    def __init__(
        self,
        *,
        host: str = "localhost",
        port: int = 25,
        username: str = "",
        password: str = "",
        use_tls: bool = False,
        use_ssl: bool = False,
        timeout: float = 30,
    ) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self.username, self.password = username, password
        self.use_tls, self.use_ssl = use_tls, use_ssl

    @contextmanager
    def connect(self) -> Iterator[Conversation]:
        """Connect, encrypt and log in; raises TransportDown with the reason."""
        trust = trust_in(f"{self.host}:{self.port}")
        conversation = Conversation(self._open(), trust=trust)
        try:
            yield conversation
        finally:
            conversation.close()

    def _open(self) -> TimelySMTP:
        try:
            client = self._connected()
            try:
                self._introduce(client)
            except BaseException:
                client.close()
                raise
        except (smtplib.SMTPException, OSError) as error:
            raise as_outage(error, server=f"{self.host}:{self.port}") from error
        return client

    def _connected(self) -> TimelySMTP:
        client: TimelySMTP = (
            TimelySMTPS(self.host, self.port, timeout=self.timeout, context=ssl.create_default_context())
            if self.use_ssl
            else _Client(self.host, self.port, timeout=self.timeout)
        )
        if client.sock:
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # send small packets at once
        return client

    def _introduce(self, client: TimelySMTP) -> None:
        client.ehlo_or_helo_if_needed()
        if self.use_tls:
            client.starttls(context=ssl.create_default_context())
            client.ehlo()
        if self.username:
            client.login(self.username, self.password)


class _Client(TimelySMTP):
    """An SMTP client that notices plain text which somebody added to the answer to STARTTLS."""

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Send one command; after STARTTLS nothing but encryption may follow (RFC 3207, section 6)."""
        code, text = super().docmd(cmd, args)
        if cmd == "STARTTLS" and unasked(self):
            raise ssl.SSLError("the server, or somebody in between, sent more than a reply before encryption")
        return code, text
