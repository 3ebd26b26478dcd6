"""Take mails in by LMTP (RFC 2033) from a mail server on this machine, which keeps each until we have answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletters.results.incoming.lmtp_address import LmtpAddress

logger = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes addresses into its log

MOST_BYTES = 10 * 1024 * 1024  # of a mail, as many as Postfix sends by default (message_size_limit)
SILENT_SECONDS = 120  # a client that says nothing for so long is hung up on
LOOK_SECONDS = 0.2
STOP_SECONDS = 30  # for the mails that are being taken in when the process is asked to stop
TRY_AGAIN = "451 4.3.0 The mail cannot be recorded now, try again later"

Receive = Callable[[bytes, str], str]  # takes a mail and the address it was sent to, and returns the reply


async def serve(
    address: LmtpAddress, *, receive: Receive, should_stop: Callable[[], bool], started: Callable[[int], None]
) -> None:
    """Take mails in until asked to stop, then finish those in hand; `started` gets the port (0 for a socket)."""
    desk = _Desk(receive)
    loop = asyncio.get_running_loop()

    def connection() -> LMTP:
        return _Connection(
            desk,
            loop=loop,
            data_size_limit=MOST_BYTES,
            timeout=SILENT_SECONDS,
            hostname="localhost",
            ident="LMTP",
            enable_SMTPUTF8=True,
        )

    if address.path:
        server = await loop.create_unix_server(connection, path=address.path)
    else:
        server = await loop.create_server(connection, host=address.host, port=address.port)
    started(0 if address.path else server.sockets[0].getsockname()[1])
    while not should_stop():  # noqa: ASYNC110 - a signal's handler sets it, outside the loop
        await asyncio.sleep(LOOK_SECONDS)
    server.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(desk.is_idle.wait(), STOP_SECONDS)
    desk.close()


class _Desk:
    """Takes the mails one after the other in a thread of its own: Django allows no queries in an event loop."""

    def __init__(self, receive: Receive) -> None:
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self._in_hand = 0
        self._receive = receive
        self._thread = ThreadPoolExecutor(max_workers=1)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Do not stop within the block."""
        self._in_hand += 1
        self.is_idle.clear()
        try:
            yield
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self.is_idle.set()

    def close(self) -> None:
        """Wait for the mail that is being recorded, and begin no other."""
        self._thread.shutdown(cancel_futures=True)

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept the first recipient; the answer after DATA is for each recipient, and aiosmtpd gives only one."""
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Have the mail recorded, and return the reply."""
        sender = (envelope.mail_from or "").strip("<>").encode("utf-8", "surrogateescape")  # "<>" if there is none
        raw = b"Return-Path: <%b>\r\n%b" % (sender, cast("bytes", envelope.original_content))  # RFC 5321, section 4.4
        recipient = envelope.rcpt_tos[0]
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._receive, raw, recipient)

    async def handle_exception(self, error: Exception) -> str:
        """Have the mail sent again, instead of refusing it for good as aiosmtpd does."""
        logger.error("A mail could not be taken in", exc_info=error)
        return TRY_AGAIN


class _Connection(LMTP):
    """A connection that takes lines of any length, as some servers do not break those of the mail they bring back."""

    line_length_limit = 1024 * 1024

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        with self.event_handler.one_more():
            await super().smtp_DATA(arg)
