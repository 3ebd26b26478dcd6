"""Whom a copy goes to: its To header as bytes, and the address for the envelope.

The usual address and name are written here; whatever is odd goes through the email package, which takes 20 times as
long. A test compares the two.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

from newsletters.sending.message import POLICY, address, header_words
from newsletters.sending.remarks import Remark
from newsletters.sending.transport import MessageUnsendable

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_PLAIN_NAME = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_LINE_LENGTH = 78  # RFC 5322, section 2.1.1
_WORD_BYTES = 45  # of UTF-8 in one encoded word of at most 75 characters (RFC 2047, section 2)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An address for the envelope, and the whole header that names it."""

    address: str
    header: bytes


def recipient_of(*, email: str, name: str) -> Recipient:
    """Return the recipient; raise MessageUnsendable if the address cannot stand in a mail."""
    try:
        words = header_words(name)
        line = _usual_line(email, words=words) if _PLAIN_ADDRESS.fullmatch(email) else None
        if line is not None:
            return Recipient(address=email, header=line)
        return _unusual(email, name=words)
    except (ValueError, IndexError, UnicodeError) as error:
        raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error


def _usual_line(email: str, *, words: str) -> bytes | None:
    if not words:
        line = f"To: {email}"
    elif _PLAIN_NAME.fullmatch(words):
        line = f"To: {words} <{email}>"
    elif not words.isascii() and len(encoded := words.encode()) <= _WORD_BYTES:
        line = f"To: =?utf-8?b?{b64encode(encoded).decode()}?="
        line += f" <{email}>" if len(line) + len(email) + 3 <= _LINE_LENGTH else f"\r\n <{email}>"
    else:
        return None
    return f"{line}\r\n".encode() if max(map(len, line.split("\r\n"))) <= _LINE_LENGTH else None


def _unusual(email: str, *, name: str) -> Recipient:
    mailbox = address(email, name=name)
    policy = POLICY if mailbox.username.isascii() else POLICY.clone(utf8=True)
    header = policy.header_factory("To", mailbox)
    (found,) = header.addresses
    return Recipient(address=found.addr_spec, header=policy.fold("To", header).encode())
