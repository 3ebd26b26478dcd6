"""The one seam where an address that somebody typed becomes one that mails can be sent to."""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from newsletters.sending.message import address

MOST_CHARACTERS = 254  # RFC 5321 gives a path 256 octets, two of which are its brackets


class _AddressValidator(EmailValidator):
    """Django's, and letters of all scripts before the @ (RFC 6531): whether they can be sent to, the server says."""

    user_regex = re.compile(
        r"(^[-!#$%&'*+/=?^_`{}|~\w]+(\.[-!#$%&'*+/=?^_`{}|~\w]+)*\Z"
        r'|^"([!#-\[\]-\x7e]|\\[!-\x7e])*"\Z)',
        re.IGNORECASE,
    )


_validate = _AddressValidator()


def clean_address(typed: str) -> str:
    """Return the address that somebody sees in what they typed or pasted; raise ValidationError if there is none.

    Invisible characters (Unicode's category Cf, such as U+200B and marks of direction) are left out, and letters in
    other shapes (NFKC: full-width ones, ligatures) are the plain ones: two addresses that look alike are one.
    """
    visible = "".join(character for character in typed if unicodedata.category(character) != "Cf")
    cleaned = unicodedata.normalize("NFKC", visible).strip()
    _validate(cleaned)
    if len(cleaned) > MOST_CHARACTERS or not _is_mailbox(cleaned):
        raise ValidationError(_validate.message, code=_validate.code)
    return cleaned


def _is_mailbox(email: str) -> bool:
    """Say whether a mail can be written to it; this is stricter than the validator in odd places."""
    try:
        return isinstance(address(email, name=""), Address)
    except (ValueError, IndexError, UnicodeError):
        return False
