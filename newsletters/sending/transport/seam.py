"""The seam between the ledger and whatever carries mails: an SMTP server or any Django email backend."""

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

# Says whether a mail may go, and records at first that it goes. What it said holds for the moment only.
TakeOff: TypeAlias = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A server's answer to one message: the code of RFC 5321 (250, 450, 550 …) and its words."""

    code: int
    text: str


class TransportDown(Exception):
    """The server cannot be reached, or does not let us in. Nothing of the message was handed over.

    `wait_seconds` is how long it asks to be left alone, if it says so.
    """

    def __init__(self, message: str, *, is_our_fault: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.is_our_fault, self.wait_seconds = is_our_fault, wait_seconds


class ConnectionDropped(TransportDown):
    """The server hung up, or fell silent, before it took the message: at this one, or at every one."""


class ReplyLost(Exception):
    """The connection broke after the message went out and before the answer came: nobody knows."""


class MessageUnsendable(Exception):
    """This message or address cannot be sent by this transport at all."""


class HeldBack(Exception):
    """The mail was not to take off after all: nobody got it."""


class RequestRefused(Exception):
    """A provider refused a request as a whole: nothing of it goes out, and one mail of it may be the reason."""


class MakingFailed(MessageUnsendable):
    """The program failed at making this message."""

    def __init__(self) -> None:
        super().__init__(Remark.MAKING_FAILED)


class OutgoingMail(Protocol):
    """One mail on its way. It is made when a connection asks for it, in the form that it asks for.

    If it cannot be made, whatever the reason, that raises MessageUnsendable.
    """

    @property
    def sender(self) -> str:
        """The address that bounces go to."""

    @property
    def recipient(self) -> str:
        """The address that it goes to."""

    @property
    def wire(self) -> bytes:
        """What follows DATA, with CRLF and dots doubled (RFC 5321, section 4.5.2), without the final dot."""

    def as_message(self) -> EmailMessage:
        """Return it as a message."""


class PieceMail(OutgoingMail, Protocol):
    """One copy of an edition on its way, which a provider may be given as the edition and the words for its tokens."""

    @property
    def text(self) -> str:
        """The edition's plain text, with its tokens."""

    @property
    def html(self) -> str:
        """The edition's HTML, with its tokens."""

    @property
    def parts(self) -> Mapping[str, str]:
        """The words for every token, unescaped."""


def at_once() -> bool:
    """Let a mail take off that no ledger follows."""
    return True


# What became of one mail of a piece: an answer, none, or it was never in the request.
PieceOutcome: TypeAlias = Reply | ReplyLost | MessageUnsendable


@contextmanager
def making(what: object) -> Iterator[None]:
    """Turn whatever goes wrong in making a mail into MakingFailed: the email package raises many things."""
    try:
        yield
    except (MessageUnsendable, DatabaseProblem):  # a database that is away says nothing of the mail
        raise
    except Exception as error:
        logger.exception("The mail of %s cannot be made", what)
        raise MakingFailed from error


def double_dots(lines: bytes) -> bytes:
    """Return whole lines as they travel: one dot more where a line starts with one (RFC 5321, section 4.5.2)."""
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
    """An open way to the server."""

    def hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None = None, take_off: TakeOff) -> Reply:
        """Hand over one of many mails and return the answer; `following` is most likely the next one.

        `take_off` is asked as late as can be: after it said yes the server may take the mail, and before that, or if
        it says no, the server must not have enough of it to take it. It is asked again directly before what cannot be
        taken back: after a sleep it says no, because others may have sent the mail.

        A connection may prepare for the following one, but nothing of its content may leave before it is handed
        over itself. Raises what `send` raises, and HeldBack if `take_off` says no.
        """

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Hand over one message and return the answer.

        Raises TransportDown, ConnectionDropped, ReplyLost or MessageUnsendable.
        """


class PieceConnection(Connection, Protocol):
    """An open way to a provider that takes many mails in one request."""

    def hand_over_piece(self, mails: Sequence[PieceMail], *, may_go: TakeOff) -> list[PieceOutcome]:
        """Hand over mails of one edition in one request; return what became of each.

        `may_go` is asked directly before the end of the request. Raises TransportDown, RequestRefused, HeldBack if it
        says no, or ReplyLost if nobody knows of any of them.
        """


class Transport(Protocol):
    """Opens connections; one worker uses one at a time. If `most` is above 1, they are of `PieceConnection`."""

    most: int  # mails in one request

    def connect(self) -> AbstractContextManager[Connection]:
        """Open a connection; raises TransportDown."""


def configured_transport() -> Transport:
    """Return the transport that the settings name."""
    wanted = conf.TRANSPORT
    return import_string(wanted["BACKEND"])(**wanted.get("OPTIONS", {}))
