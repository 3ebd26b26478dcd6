"""The seam between the ledger and whatever carries mails: an SMTP server or any Django email backend."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from django.utils.module_loading import import_string

from newsletters.conf import conf


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A server's answer to one message: the code of RFC 5321 (250, 450, 550 …) and its words."""

    code: int
    text: str


class TransportDown(Exception):
    """The server cannot be reached, or does not let us in. Nothing of the message was handed over."""

    def __init__(self, message: str, *, is_our_fault: bool = False) -> None:
        super().__init__(message)
        self.is_our_fault = is_our_fault


class ConnectionDropped(TransportDown):
    """The server hung up, or fell silent, before it took the message: at this one, or at every one."""


class ReplyLost(Exception):
    """The connection broke after the message went out and before the answer came: nobody knows."""


class MessageUnsendable(Exception):
    """This message or address cannot be sent by this transport at all."""


class Connection(Protocol):
    """An open way to the server."""

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Hand over one message and return the answer.

        Raises TransportDown, ConnectionDropped, ReplyLost or MessageUnsendable.
        """


class Transport(Protocol):
    """Opens connections; one worker uses one at a time."""

    def connect(self) -> AbstractContextManager[Connection]:
        """Open a connection; raises TransportDown."""


def configured_transport() -> Transport:
    """Return the transport that the settings name."""
    wanted = conf.TRANSPORT
    return import_string(wanted["BACKEND"])(**wanted.get("OPTIONS", {}))
