"""What a mail that came back can be, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which of our mails something is about.

    The keys come from tokens that we signed, and whoever wrote the mail had them: a server on the way, or a reader of
    that copy. The Message-IDs prove nothing, as a reader can guess the other ones of the same dispatch: before one
    counts, compare its delivery with the recipient, and do not let it end a subscription by itself.
    """

    delivery_pk: int | None = None  # of a signed return path, or a signed CFBL-Feedback-ID
    subscription_pk: int | None = None  # of a signed link or address in the List-Unsubscribe of the returned mail
    message_ids: tuple[str, ...] = ()  # with their brackets; what the mail says that it is about, the likeliest first

    @property
    def is_proved(self) -> bool:
        """Whether it carries something that we signed."""
        return self.delivery_pk is not None or self.subscription_pk is not None


class Action(StrEnum):
    """What a server did with a mail to one recipient (RFC 3464, section 2.3.3)."""

    FAILED = "failed"  # it gave up
    DELAYED = "delayed"  # it goes on trying
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """What a bounce says about one recipient."""

    address: str  # that the mail was first sent to, if the server says so
    action: Action
    status: str  # RFC 3463: "5.1.1"; "5.0.0" or "4.0.0" if the server gave none
    diagnostic: str  # the server's words, on one line
    bounce_class: str  # a `Delivery.BounceClass`

    @property
    def is_permanent(self) -> bool:
        """Whether another attempt would fail too, as far as the server knows."""
        return self.action is Action.FAILED and not self.status.startswith("4")


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """A server could not deliver a mail, or not yet."""

    origin: Origin
    recipients: tuple[Recipient, ...]

    @property
    def is_permanent(self) -> bool:
        """Whether it failed for every recipient, and another attempt would fail too."""
        return all(recipient.is_permanent for recipient in self.recipients)


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """A provider passes on what a reader said about a mail (ARF, RFC 5965; CFBL, RFC 9477)."""

    origin: Origin
    feedback_type: str  # in lower case: abuse, fraud, not-spam, virus, other, auth-failure …
    recipients: tuple[str, ...]  # often left out or masked
    source: str  # the domain that the report says it comes from

    @property
    def is_unwanted(self) -> bool:
        """Whether the reader does not want our mail; other reports concern its sender, or praise it (`not-spam`)."""
        return self.feedback_type in {"abuse", "fraud", "opt-out", "opt-out-list"}


@dataclass(frozen=True, kw_only=True)
class Unsubscribing:
    """A mail to the address of List-Unsubscribe. Without a key in its origin, the sender may be forged: ask them."""

    origin: Origin
    sender: str


@dataclass(frozen=True, kw_only=True)
class AutomaticReply:
    """A program's mail that nobody has to answer: out of office, a receipt (RFC 3834, RFC 8098)."""

    origin: Origin
    sender: str
    subject: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A person's words."""

    origin: Origin
    sender: str
    subject: str
    words: str
    asks_to_leave: bool  # in these words; the sender may be forged, so ask them


class Trouble(StrEnum):
    """Why a mail is unreadable."""

    EMPTY = "empty"  # it has no headers
    NESTED = "nested"  # it has more parts within parts than a mail that anybody wrote
    NO_RECIPIENT = "no_recipient"  # a mail server wrote it, and it does not say about whom
    BROKEN = "broken"  # the email package failed on it


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A mail that a person has to look at."""

    origin: Origin
    reason: Trouble


Report: TypeAlias = Bounce | Complaint | Unsubscribing | AutomaticReply | Reply | Unreadable
