"""Mail headers with text in any script (RFC 2047), the same from every version of Python.

Python 3.11 and 3.12 lose the space between two encoded words when they fold a header, and 3.13.0 joins the words. So
this module writes every unstructured header and every display name itself.
"""

from __future__ import annotations

import re
import string
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from email.headerregistry import (
    AddressHeader,
    BaseHeader,
    HeaderRegistry,
    UniqueAddressHeader,
    UniqueSingleAddressHeader,
    UniqueUnstructuredHeader,
    UnstructuredHeader,
)
from email.policy import SMTP, EmailPolicy, Policy

MOST_LINE = 76  # characters of a line with an encoded word (RFC 2047, section 2)
MOST_WORD = 75  # characters of an encoded word
CHROME = len("=?utf-8?q??=")
MOST_TOKEN = 990  # characters of a word in a header that programs read, as they do not decode encoded words

_BREAKS = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]\s*")
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_LITERAL = frozenset((string.ascii_letters + string.digits + "!*+-/").encode())  # also in a phrase: section 5 (3)
ZERO_WIDTH_JOINER = "\u200d"


def header_words(text: str) -> str:
    """Return text that is fit for a header: on one line, without control characters and lone surrogates."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(c for c in _BREAKS.sub(" ", text) if unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def mailboxes(name: str, addresses: Iterable[tuple[str, str]], *, linesep: str = "\r\n") -> str:
    """Return a header of mailboxes: pairs of a display name (from `header_words`, or empty) and an address."""
    tokens: list[str] = []
    for display_name, address in addresses:
        room = MOST_WORD
        if tokens:
            tokens[-1] += ","
        else:
            room = MOST_LINE - len(f"{name}: ")
        tokens += [*_phrase(display_name, room=room), f"<{address}>"] if display_name else [address]
    return _folded(name, tokens, linesep=linesep)


def _folded(name: str, tokens: Iterable[str], *, linesep: str) -> str:
    """Return a header with as many of its tokens on each line as fit."""
    lines = [f"{name}: "]
    for index, token in enumerate(tokens):
        if index == 0:
            lines[-1] += token
        elif len(lines[-1]) + 1 + len(token) <= MOST_LINE:
            lines[-1] += f" {token}"
        else:
            lines.append(f" {token}")
    return linesep.join(lines) + linesep


class WordsHeader(UnstructuredHeader, BaseHeader):
    """A header of free text, which arrives as it was assigned, even if somebody typed an encoded word."""

    longest = MOST_LINE - 1  # characters of an ASCII word that is left as it is

    @classmethod
    def parse(cls, value: str, kwds: dict[str, object]) -> None:
        """Take the value as it is: the email package would decode it."""
        kwds["decoded"], kwds["parse_tree"] = str(value), None

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines."""
        text = str(self)
        tokens = text.split(" ") if _is_plain(text) else []
        if not tokens or max(map(len, tokens)) > self.longest:
            tokens = _encoded(text, first=MOST_LINE - len(f"{self.name}: ")) if text else []
        return _folded(self.name, tokens, linesep=policy.linesep)


class SubjectHeader(WordsHeader, UniqueUnstructuredHeader):  # type: ignore[misc]  # as the email package does
    """A header of free text that may occur only once."""


class OtherHeader(WordsHeader):
    """A header that programs may read, such as Feedback-ID: ASCII text in it is folded but not encoded."""

    longest = MOST_TOKEN


class UnfoldedHeader(OtherHeader):
    """A header that is never folded or encoded: mail clients read List-Unsubscribe only on one line."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


class MailboxHeader(AddressHeader, BaseHeader):  # type: ignore[misc]  # as the email package does
    """A header of mailboxes, with names in any script."""

    @classmethod
    def parse(cls, value: object, kwds: dict[str, object]) -> None:
        """Take address objects as they are: written and parsed again, a name that looks encoded would be decoded."""
        if not isinstance(value, str):
            kwds["parse_tree"] = None
        super().parse(value, kwds)  # type: ignore[arg-type]  # typeshed knows only text

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines."""
        if any(group.display_name is not None for group in self.groups):
            return super().fold(policy=policy)
        addresses = [(address.display_name, address.addr_spec) for address in self.addresses]
        return mailboxes(self.name, addresses, linesep=policy.linesep)


class UniqueMailboxHeader(MailboxHeader, UniqueAddressHeader):  # type: ignore[misc]  # as the email package does
    """A header of mailboxes that may occur only once."""


class SenderHeader(MailboxHeader, UniqueSingleAddressHeader):  # type: ignore[misc]  # as the email package does
    """A header of a single mailbox."""


class MailPolicy(EmailPolicy):
    """How mails are written: assigned headers by the classes above, parsed headers as they were."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header; those of a parsed message are decoded."""
        return SMTP.header_fetch_parse(name, value)


def _policy() -> MailPolicy:
    registry = HeaderRegistry(default_class=OtherHeader)
    kinds: dict[type[BaseHeader], Sequence[str]] = {
        SubjectHeader: ["subject"],
        WordsHeader: ["comments", "keywords"],
        UnfoldedHeader: ["list-unsubscribe", "list-id", "message-id"],
        UniqueMailboxHeader: ["from", "to", "cc", "bcc", "reply-to"],
        SenderHeader: ["sender"],
    }
    for kind, names in kinds.items():
        for name in names:
            registry.map_to_type(name, kind)
    return MailPolicy(linesep="\r\n", header_factory=registry, refold_source="none")


POLICY = _policy()


def _is_plain(text: str) -> bool:
    """Return whether the text reads the same with and without decoding of encoded words."""
    return bool(_PLAIN.fullmatch(text)) and "=?" not in text


def _phrase(text: str, *, room: int) -> list[str]:
    """Return a display name as tokens (RFC 5322, section 3.2.5; RFC 2047, section 5)."""
    if _is_plain(text) and max(map(len, tokens := text.split(" "))) < MOST_LINE:
        if _ATOMS.fullmatch(text):
            return tokens
        if len(quoted := '"' + re.sub(r'(["\\])', r"\\\1", text) + '"') <= room:
            return [quoted]
    return _encoded(text, first=room)


def _encoded(text: str, *, first: int) -> list[str]:
    """Return the text as encoded words that split no character; the first may have `first` characters."""
    form, letter = min(((_b, "b"), (_q, "q")), key=lambda choice: len(choice[0](text)))
    pieces, room = [""], first - CHROME
    for character in _characters(text, form=form, most=room):
        if pieces[-1] and len(form(pieces[-1] + character)) > room:
            pieces.append("")
            room = MOST_WORD - CHROME
        pieces[-1] += character
    return [f"=?utf-8?{letter}?{form(piece)}?=" for piece in pieces]


def _q(text: str) -> str:
    return "".join(chr(b) if b in _Q_LITERAL else "_" if b == 0x20 else f"={b:02X}" for b in text.encode())


def _b(text: str) -> str:
    return b64encode(text.encode()).decode()


def _characters(text: str, *, form: Callable[[str], str], most: int) -> Iterator[str]:
    """Yield what a reader sees as one character, with its accents and joiners.

    A sequence that would take more than `most` encoded characters is split.
    """
    whole = ""
    for c in text:
        if whole and _goes_with(whole, c) and len(form(whole + c)) <= most:
            whole += c
        else:
            yield from [whole] if whole else []
            whole = c
    yield from [whole] if whole else []


def _goes_with(before: str, c: str) -> bool:
    if unicodedata.category(c).startswith("M") or ZERO_WIDTH_JOINER in {c, before[-1]}:
        return True
    is_flag = _is_regional(c) and len(before) == 1 and _is_regional(before)
    return is_flag or "\U0001f3fb" <= c <= "\U0001f3ff" or "\U000e0020" <= c <= "\U000e007f"


def _is_regional(c: str) -> bool:
    return "\U0001f1e6" <= c <= "\U0001f1ff"
