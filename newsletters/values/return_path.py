"""Signed mail addresses: what comes back to one of them proves which delivery or subscription it is about.

Tokens are lower-case, as some servers change the case of the part before the @ (RFC 5321, section 2.4 forbids it).
"""

from __future__ import annotations

import hmac
import re
from enum import Enum
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from newsletters.exceptions import WrongToken

MAC_CHARACTERS = 26  # hexadecimal: 104 bits. Base32 has room for 130, but takes as long as all the rest together
MOST_DIGITS = 18  # of a key in the database
MOST_LOCAL = 64  # characters before the @ (RFC 5321, section 4.5.3.1.1)
MOST_BASE = MOST_LOCAL - len("+") - MOST_DIGITS - len("-") - MAC_CHARACTERS  # what that leaves for the base address

_TOKEN = re.compile(rf"([1-9][0-9]{{0,{MOST_DIGITS - 1}}})-([0-9a-f]{{{MAC_CHARACTERS}}})")
# Forwarders that rewrite a sender (SRS, BATV) put their own tags before it, and its domain before its local part.
_ADDRESS = re.compile(rf"\+({_TOKEN.pattern})@[^@\s]", re.IGNORECASE)
_MOST_READ = 500  # characters of an address
_BASE = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)*")


class Purpose(Enum):
    """What a token in a mail address is for."""

    RETURN_PATH = "return_path"  # names a delivery, in the sender of its envelope
    FEEDBACK = "feedback"  # names a delivery, in its CFBL-Feedback-ID
    UNSUBSCRIBE = "unsubscribe_by_mail"  # names a subscription; whoever writes there unsubscribes


def make_return_path(*, base: str, delivery_pk: int) -> str:
    """Return the address that bounces of this delivery go to (VERP): `bounces+12-…@example.org` for its base."""
    return _tagged(base, make_token(Purpose.RETURN_PATH, pk=delivery_pk))


def read_return_path(address: str) -> int:
    """Return the delivery's key; raise WrongToken if the address was not made by `make_return_path`.

    The base may be another one than today's: the token alone proves that the address is ours.
    """
    return _read_tagged(Purpose.RETURN_PATH, address)


def make_unsubscribe_address(*, base: str, subscription_pk: int) -> str:
    """Return the address for the `mailto:` of List-Unsubscribe (RFC 2369, section 3.2)."""
    return _tagged(base, make_token(Purpose.UNSUBSCRIBE, pk=subscription_pk))


def read_unsubscribe_address(address: str) -> int:
    """Return the subscription's key; raise WrongToken if it was not made by `make_unsubscribe_address`."""
    return _read_tagged(Purpose.UNSUBSCRIBE, address)


def make_feedback_token(*, delivery_pk: int) -> str:
    """Return the value of a delivery's CFBL-Feedback-ID (RFC 9477, section 3.2)."""
    return make_token(Purpose.FEEDBACK, pk=delivery_pk)


def read_feedback_token(token: str) -> int:
    """Return the delivery's key; raise WrongToken if it was not made by `make_feedback_token`."""
    return read_token(Purpose.FEEDBACK, token=token)


def make_token(purpose: Purpose, *, pk: int) -> str:
    """Return a token for one row, valid for as long as the secret key is."""
    return f"{pk}-{_mac(purpose, pk=str(pk), key=settings.SECRET_KEY)}"


def read_token(purpose: Purpose, *, token: str) -> int:
    """Return the row's key, whatever the case of the token; raise WrongToken if it has another purpose."""
    found = _TOKEN.fullmatch(token.lower())
    if found is None:
        raise WrongToken
    pk, mac = found.groups()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(constant_time_compare(mac, _mac(purpose, pk=pk, key=key)) for key in keys):
        raise WrongToken
    return int(pk)


def is_base(address: object) -> bool:
    """Say whether tokens can be added to this address: in lower case, with a short local part and no `+`."""
    if not isinstance(address, str) or not _BASE.fullmatch(address):
        return False
    return len(address.partition("@")[0]) <= MOST_BASE and len(address) <= 254 - MOST_LOCAL + MOST_BASE


def _tagged(base: str, token: str) -> str:
    local, _at, domain = base.rpartition("@")
    return f"{local}+{token}@{domain}"


def _read_tagged(purpose: Purpose, address: str) -> int:
    found = _ADDRESS.search(address[:_MOST_READ])
    if found is None:
        raise WrongToken
    return read_token(purpose, token=found[1])


def _mac(purpose: Purpose, *, pk: str, key: str | bytes) -> str:
    signing = _keyed(purpose, key).copy()
    signing.update(pk.encode())
    return signing.hexdigest()[:MAC_CHARACTERS]


@lru_cache(maxsize=32)
def _keyed(purpose: Purpose, key: str | bytes) -> hmac.HMAC:
    """Return Django's salted HMAC before its message: deriving the key for every mail takes most of the time."""
    return salted_hmac(f"hub_newsletters.{purpose.value}", "", secret=key, algorithm="sha256")
