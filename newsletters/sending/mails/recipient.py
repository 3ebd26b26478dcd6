"""The recipient of a copy: its To header as bytes, and the address for the envelope.

A plain address is used as it is; anything else goes through the email package, which takes 20 times as long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cms.values.mail_headers import header_words, mailboxes
from newsletters.sending.transport.seam import MessageUnsendable
from newsletters.values.addresses import address
from newsletters.values.remarks import Remark

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An address for the envelope, and the complete To header."""

    address: str
    header: bytes


def recipient_of(*, email: str, name: str) -> Recipient:
    """Return the recipient; raise MessageUnsendable if the address is invalid in a mail."""
    try:
        mailbox = email if _PLAIN_ADDRESS.fullmatch(email) else _unusual(email)
    except (ValueError, IndexError, UnicodeError) as error:
        raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
    return Recipient(address=mailbox, header=mailboxes("To", [(header_words(name), mailbox)]).encode())


def _unusual(email: str) -> str:
    """Return the address as it is written in a mail, its domain in ASCII."""
    return address(email, name="").addr_spec
