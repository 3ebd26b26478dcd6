"""A connection to the mail server that is opened when it is needed, and again after it broke."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from email.message import EmailMessage

from newsletters.sending.transport.seam import (
    Connection,
    ConnectionDropped,
    HeldBack,
    MessageUnsendable,
    OutgoingMail,
    ReadyMail,
    Reply,
    TakeOff,
    Transport,
    TransportDown,
    at_once,
)
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)


class ReconnectingTransport:
    """One connection of `transport` at a time; after a failure the next message gets a new one.

    `should_stop` says whether to give up instead of reconnecting.
    """

    def __init__(self, transport: Transport, *, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.transport, self.should_stop = transport, should_stop
        self._closing = ExitStack()
        self._connection: Connection | None = None
        self._is_used = False

    def open(self) -> Connection:
        """Connect unless there is a connection; raise TransportDown if that fails, whatever the reason."""
        if self._connection is not None:
            return self._connection
        try:
            connection = self._closing.enter_context(self.transport.connect())
        except TransportDown:
            raise
        except Exception as error:
            logger.exception("The transport cannot connect")
            why = Remark.CANNOT_CONNECT.with_detail(f"{type(error).__name__}: {error}")
            raise TransportDown(why, is_our_fault=True) from error
        self._connection, self._is_used = connection, False
        return connection

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Hand over one message; raise what a connection raises."""
        mail = ReadyMail(message=message, sender=sender, recipient=recipient)
        return self.hand_over(mail, take_off=at_once)

    def hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None = None, take_off: TakeOff) -> Reply:
        """Hand over one of many mails; raise what a connection raises.

        If a server hangs up on a connection that was in use (it timed out, reached its number of messages, was
        restarted), the message is not the reason: it is sent once more over a new connection.
        """
        was_used = self._is_used
        try:
            return self._hand_over(mail, following=following, take_off=take_off)
        except ConnectionDropped as error:
            if not was_used:
                raise
            if self.should_stop():
                raise HeldBack from error
        return self._hand_over(mail, following=following, take_off=take_off)

    def close(self) -> None:
        """Hang up; a failure is only logged, because every message has its answer by then."""
        self._connection, self._is_used = None, False
        try:
            self._closing.close()
        except Exception:
            logger.exception("The transport cannot hang up")

    def _hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None, take_off: TakeOff) -> Reply:
        connection = self.open()
        try:
            reply = connection.hand_over(mail, following=following, take_off=take_off)
        except MessageUnsendable:
            raise  # the conversation continues
        except BaseException:
            self.close()
            raise
        self._is_used = True
        return reply
