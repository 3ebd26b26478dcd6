"""Mail headers in the words of any script (RFC 2047), the same from every version of Python.

Python 3.11 and 3.12 lose the space between two encoded words when they fold a header, and 3.13.0 joins the words. So
every unstructured header and every display name is written here.
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
MOST_TOKEN = 990  # of a header that programs read, in which an encoded word would mean nothing

_BREAKS = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]\s*")
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_LITERAL = frozenset((string.ascii_letters + string.digits + "!*+-/").encode())  # also in a phrase: section 5 (3)
ZERO_WIDTH_JOINER = "\u200d"


def header_words(words: str) -> str:
    """Return words as they may stand in a header: on one line, without control characters and half characters."""
    if words.isascii() and words.isprintable():
        return words.strip()
    return "".join(c for c in _BREAKS.sub(" ", words) if unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def mailboxes(name: str, addresses: Iterable[tuple[str, str]], *, linesep: str = "\r\n") -> str:
    """Return a header of mailboxes, each a display name (of `header_words`, or none) and an address."""
    tokens: list[str] = []
    for words, address in addresses:
        room = MOST_WORD
        if tokens:
            tokens[-1] += ","
        else:
            room = MOST_LINE - len(f"{name}: ")
        tokens += [*_phrase(words, room=room), f"<{address}>"] if words else [address]
    return _folded(name, tokens, linesep=linesep)


def _folded(name: str, tokens: Iterable[str], *, linesep: str) -> str:
    """Return a header with as many of its tokens on a line as fit."""
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
    """A header of free words: what is assigned to it is what arrives, encoded words that somebody typed included."""

    longest = MOST_LINE - 1  # of an ASCII word that is left as it is

    @classmethod
    def parse(cls, value: str, kwds: dict[str, object]) -> None:
        """Take the value as it is: the email package would decode it."""
        kwds["decoded"], kwds["parse_tree"] = str(value), None

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines."""
        words = str(self)
        tokens = words.split(" ") if _is_plain(words) else []
        if not tokens or max(map(len, tokens)) > self.longest:
            tokens = _encoded(words, first=MOST_LINE - len(f"{self.name}: ")) if words else []
        return _folded(self.name, tokens, linesep=policy.linesep)


class SubjectHeader(WordsHeader, UniqueUnstructuredHeader):  # type: ignore[misc]  # so the package itself mixes them
    """A header of free words that may be there only once."""


class OtherHeader(WordsHeader):
    """A header that programs may read, such as Feedback-ID: in ASCII it is folded, and not encoded."""

    longest = MOST_TOKEN


class UnfoldedHeader(OtherHeader):
    """A header that is never folded nor encoded: mail clients read List-Unsubscribe only in one piece."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


class MailboxHeader(AddressHeader, BaseHeader):  # type: ignore[misc]  # so the package itself mixes them
    """A header of mailboxes, their names in any script."""

    @classmethod
    def parse(cls, value: object, kwds: dict[str, object]) -> None:
        """Take addresses as they are: written and read again, a name that looks encoded would be decoded."""
        if not isinstance(value, str):
            kwds["parse_tree"] = None
        super().parse(value, kwds)  # type: ignore[arg-type]  # typeshed knows only text

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines."""
        if any(group.display_name is not None for group in self.groups):
            return super().fold(policy=policy)
        addresses = [(each.display_name, each.addr_spec) for each in self.addresses]
        return mailboxes(self.name, addresses, linesep=policy.linesep)


class UniqueMailboxHeader(MailboxHeader, UniqueAddressHeader):  # type: ignore[misc]  # so the package itself mixes them
    """A header of mailboxes that may be there only once."""


class SenderHeader(MailboxHeader, UniqueSingleAddressHeader):  # type: ignore[misc]  # so the package itself mixes them
    """A header of one mailbox."""


class MailPolicy(EmailPolicy):
    """How mails are written: what is assigned is written by the classes above, what was parsed stays as it is."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header; one that came with a parsed message is decoded, as it was encoded."""
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


def _is_plain(words: str) -> bool:
    """Say whether these words mean the same with and without a decoder of encoded words."""
    return bool(_PLAIN.fullmatch(words)) and "=?" not in words


def _phrase(words: str, *, room: int) -> list[str]:
    """Return a display name as tokens (RFC 5322, section 3.2.5; RFC 2047, section 5)."""
    if _is_plain(words) and max(map(len, tokens := words.split(" "))) < MOST_LINE:
        if _ATOMS.fullmatch(words):
            return tokens
        if len(quoted := '"' + re.sub(r'(["\\])', r"\\\1", words) + '"') <= room:
            return [quoted]
    return _encoded(words, first=room)


def _encoded(words: str, *, first: int) -> list[str]:
    """Return words as encoded words of whole characters, the first with as much room as `first`."""
    form, letter = min(((_b, "b"), (_q, "q")), key=lambda choice: len(choice[0](words)))
    pieces, room = [""], first - CHROME
    for character in _characters(words, form=form, most=room):
        if pieces[-1] and len(form(pieces[-1] + character)) > room:
            pieces.append("")
            room = MOST_WORD - CHROME
        pieces[-1] += character
    return [f"=?utf-8?{letter}?{form(piece)}?=" for piece in pieces]


def _q(words: str) -> str:
    return "".join(chr(b) if b in _Q_LITERAL else "_" if b == 0x20 else f"={b:02X}" for b in words.encode())


def _b(words: str) -> str:
    return b64encode(words.encode()).decode()


def _characters(words: str, *, form: Callable[[str], str], most: int) -> Iterator[str]:
    """Yield what a reader takes for one character: accents and joiners stay with their letter or picture.

    As far as that fits into a word of `most` encoded characters.
    """
    whole = ""
    for c in words:
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
