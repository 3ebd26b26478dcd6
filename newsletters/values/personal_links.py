"""Personal links: each token is good for one purpose and one subscription, and no two purposes share one."""

from __future__ import annotations

import base64
from enum import Enum

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from newsletters.conf import conf
from newsletters.exceptions import WrongToken

MAC_BYTES = 16  # 128 bits; keeps the List-Unsubscribe address short enough to stay on one line


class Purpose(Enum):
    """What a token lets its bearer do."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"


def make_token(purpose: Purpose, *, subscription_pk: int) -> str:
    """Return a token that lets its bearer do this with one subscription, for as long as the key holds."""
    return f"{subscription_pk}.{_mac(purpose, subscription_pk=subscription_pk)}"


def read_token(purpose: Purpose, *, token: str) -> int:
    """Return the subscription's key; raise WrongToken if the token was not made for this purpose."""
    number, _dot, mac = token.partition(".")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise WrongToken
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(constant_time_compare(mac, _mac(purpose, subscription_pk=int(number), key=key)) for key in keys):
        raise WrongToken
    return int(number)


def make_confirmation_token(*, subscription_pk: int) -> str:
    """Return the token of a confirmation mail; it carries its time."""
    return signing.dumps(subscription_pk, salt="hub_newsletters.confirm")


def read_confirmation_token(token: str) -> int:
    """Return the subscription's key; raise WrongToken if the token is altered or too old."""
    try:
        return int(signing.loads(token, salt="hub_newsletters.confirm", max_age=conf.CONFIRM_WITHIN_DAYS * 24 * 3600))
    except signing.BadSignature as error:
        raise WrongToken from error


def _mac(purpose: Purpose, *, subscription_pk: int, key: str | None = None) -> str:
    salt = f"hub_newsletters.{purpose.value}"
    digest = salted_hmac(salt, str(subscription_pk), secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:MAC_BYTES]).decode().rstrip("=")
