"""The one seam where an address that somebody typed becomes one that mails can be sent to."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from cms.values.mail_headers import header_words
from newsletters.values.domains import ascii_domain, is_reachable, readable_domain

MOST_CHARACTERS = 254  # RFC 5321 gives a path 256 octets, two of which are its brackets


class _AddressValidator(EmailValidator):
    """Django's validator, with letters of all scripts before the @ (RFC 6531); the mail server may refuse them.

    The domain must be a name: Django would also accept `localhost` and IP addresses.
    """

    user_regex = re.compile(
        r"(^[-!#$%&'*+/=?^_`{}|~\w]+(\.[-!#$%&'*+/=?^_`{}|~\w]+)*\Z"
        r'|^"([!#-\[\]-\x7e]|\\[!-\x7e])*"\Z)',
        re.IGNORECASE,
    )

    def validate_domain_part(self, domain_part: str) -> bool:
        if "." not in domain_part:
            return bool(
                re.fullmatch(self.hostname_re, domain_part, re.IGNORECASE)
            )  # `is_reachable` says whether it is allowed
        return bool(self.domain_regex.match(domain_part))


_validate = _AddressValidator(allowlist=[])
_PLAIN_LOCAL_PART = re.compile(r"[\w+-]+(\.[\w+-]+)*", re.ASCII)  # part of RFC 5322's dot-atom


def clean_address(typed: str) -> str:
    """Return the address that a person sees in what was typed or pasted; raise ValidationError if there is none.

    Invisible characters (Unicode's category Cf, such as U+200B and direction marks) are removed, and letters in other
    shapes (NFKC: full-width letters, ligatures) become the plain ones: two addresses that look alike are the same, and
    so are both spellings of an internationalised domain. Addresses in the operator's own network are refused.
    """
    local, at, domain = _plain(typed).rpartition("@")
    try:
        domain = readable_domain(domain)
        cleaned = f"{local}{at}{domain}"
        _validate(cleaned)
        is_mailbox = is_reachable(domain) and isinstance(address(cleaned, name=""), Address)
    except (ValueError, IndexError) as error:
        raise _invalid() from error
    if len(cleaned) > MOST_CHARACTERS or not is_mailbox:
        raise _invalid()
    return cleaned


def _plain(typed: str) -> str:
    if typed.isascii():
        return typed.strip()
    visible = "".join(character for character in typed if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", visible).strip()


def mailbox_of(email: str) -> str:
    """Return the one spelling by which addresses are compared: case and the form of the domain make no difference.

    RFC 5321 lets a server tell upper from lower case before the @; none in use does, and people type both. Letters that
    only look or sound alike (ß and ss) stay apart: they are two mailboxes.
    """
    local, _at, domain = _plain(email).rpartition("@")
    with suppress(ValueError):  # an address that nobody can have is compared as it is written
        domain = ascii_domain(domain)
    return f"{local.lower()}@{domain.lower()}"


def _invalid() -> ValidationError:
    return ValidationError(_validate.message, code=_validate.code)


def address(email: str, *, name: str) -> Address:
    """Return a mailbox for a header, its domain in ASCII (IDNA); raise ValueError if the address is not valid."""
    local, _at, domain = email.strip().rpartition("@")
    if not local or not domain or not email.isprintable():
        raise ValueError(f"{email!r}")
    domain = ascii_domain(domain)
    if _PLAIN_LOCAL_PART.fullmatch(local) or not local.isascii():
        # Nothing to be parsed; and the parser below takes ASCII only, while SMTPUTF8 decides whether it can be sent.
        return Address(display_name=header_words(name), username=local, domain=domain)
    try:
        return Address(display_name=header_words(name), addr_spec=f"{local}@{domain}")
    except MessageError as error:
        raise ValueError(f"{email!r}") from error
