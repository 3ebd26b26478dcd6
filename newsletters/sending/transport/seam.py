"""The interface between the engine and what carries mails: an SMTP server, a provider or a Django email backend."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Protocol, TypeAlias

from django.db import Error as DatabaseProblem
from django.utils.module_loading import import_string

from newsletters.conf import conf
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

# Says whether a mail may be sent; the first call records that it takes off. The answer holds only for the moment.
TakeOff: TypeAlias = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A server's answer to one message: the code of RFC 5321 (250, 450, 550 …) and its text."""

    code: int
    text: str


class TransportDown(Exception):
    """The server cannot be reached or refuses us. Nothing of the message was sent.

    `wait_seconds` is how long it asks us to wait, if it says so.
    """

    def __init__(self, message: str, *, is_our_fault: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.is_our_fault, self.wait_seconds = is_our_fault, wait_seconds


class ConnectionDropped(TransportDown):
    """The server hung up, or fell silent, before it accepted the message: on this message, or on every one."""


class ReplyLost(Exception):
    """The connection broke after the message was sent and before the answer came: nobody knows whether it went out."""


class MessageUnsendable(Exception):
    """This transport can never send this message, or send to this address."""


class HeldBack(Exception):
    """The mail did not take off after all: nobody got it."""


class RequestRefused(Exception):
    """A provider refused a whole request: nothing of it goes out, and one of its mails may be the reason."""


class MakingFailed(MessageUnsendable):
    """Our own program failed to make this message."""

    def __init__(self) -> None:
        super().__init__(Remark.MAKING_FAILED)


class OutgoingMail(Protocol):
    """One mail to send. It is made when a connection asks for it, in the form that the connection asks for.

    `wire` and `as_message` raise MessageUnsendable if the mail cannot be made, whatever the reason.
    """

    @property
    def sender(self) -> str:
        """The address that bounces go to."""

    @property
    def recipient(self) -> str:
        """The address that the mail is sent to."""

    @property
    def wire(self) -> bytes:
        """What follows DATA, with CRLF and dots doubled (RFC 5321, section 4.5.2), without the final dot."""

    def as_message(self) -> EmailMessage:
        """Return it as a message."""


class PieceMail(OutgoingMail, Protocol):
    """One copy of an edition to send; a provider may get the edition and the text for each token instead."""

    @property
    def text(self) -> str:
        """The edition's plain text, with its tokens."""

    @property
    def html(self) -> str:
        """The edition's HTML, with its tokens."""

    @property
    def parts(self) -> Mapping[str, str]:
        """The text for every token, unescaped."""


def at_once() -> bool:
    """Let a mail that is not in the ledger take off."""
    return True


# What became of one mail of a piece: it was answered, the answer was lost, or it was not in the request.
PieceOutcome: TypeAlias = Reply | ReplyLost | MessageUnsendable


@contextmanager
def making(what: object) -> Iterator[None]:
    """Turn any error in making a mail into MakingFailed: the email package raises many kinds of errors."""
    try:
        yield
    except (MessageUnsendable, DatabaseProblem):  # if the database is unavailable, the mail is not the reason
        raise
    except Exception as error:
        logger.exception("The mail of %s cannot be made", what)
        raise MakingFailed from error


def double_dots(lines: bytes) -> bytes:
    """Return whole lines with a dot added where a line starts with a dot (RFC 5321, section 4.5.2)."""
    return (b"\n" + lines).replace(b"\n.", b"\n..")[1:]


@dataclass(frozen=True, kw_only=True)
class ReadyMail:
    """A message that is made already."""

    message: EmailMessage
    sender: str
    recipient: str

    @property
    def wire(self) -> bytes:
        """The message as bytes."""
        with making("a single message"):
            data = self.message.as_bytes(policy=SMTP if self.recipient.isascii() else SMTPUTF8)
        return double_dots(data)

    def as_message(self) -> EmailMessage:
        """Return the message."""
        return self.message


class Connection(Protocol):
    """An open connection to the server."""

    def hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None = None, take_off: TakeOff) -> Reply:
        """Hand over one of many mails and return the answer; `following` is most likely the next one.

        Call `take_off` as late as possible. Only after it returned true may the server have enough of the mail to
        accept it. Call it again directly before the part that cannot be taken back: after a sleep it returns false,
        because others may have sent the mail.

        A connection may prepare for the following mail, but must not send any of its content before that mail is
        handed over itself. Raises what `send` raises, and HeldBack if `take_off` returns false.
        """

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Hand over one message and return the answer.

        Raises TransportDown, ConnectionDropped, ReplyLost or MessageUnsendable.
        """


class PieceConnection(Connection, Protocol):
    """An open connection to a provider that takes many mails in one request."""

    def hand_over_piece(self, mails: Sequence[PieceMail], *, may_go: TakeOff) -> list[PieceOutcome]:
        """Hand over mails of one edition in one request; return what became of each.

        Call `may_go` directly before the end of the request. Raises TransportDown, RequestRefused, HeldBack if
        `may_go` returns false, or ReplyLost if nobody knows what became of any of them.
        """


class Transport(Protocol):
    """Opens connections, of which a worker uses one at a time. If `most` is above 1, each is a `PieceConnection`."""

    most: int  # how many mails it can send in one request

    def connect(self) -> AbstractContextManager[Connection]:
        """Open a connection; raises TransportDown."""


def configured_transport() -> Transport:
    """Return the transport that the settings name."""
    wanted = conf.TRANSPORT
    return import_string(wanted["BACKEND"])(**wanted.get("OPTIONS", {}))
