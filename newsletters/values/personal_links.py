"""Personal links: each token is good for one purpose and one subscription, and no two purposes share a token."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import Enum
from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from newsletters.conf import conf
from newsletters.exceptions import WrongToken

MAC_BYTES = 16  # 128 bits; keeps the List-Unsubscribe address short enough to stay on one line


class Purpose(Enum):
    """What a token lets its bearer do."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"


def make_token(purpose: Purpose, *, subscription_pk: int) -> str:
    """Return a token that lets its bearer do this with one subscription, for as long as the secret key is valid."""
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


def _mac(purpose: Purpose, *, subscription_pk: int, key: str | None = None) -> str:
    salt = f"hub_newsletters.{purpose.value}"
    digest = salted_hmac(salt, str(subscription_pk), secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:MAC_BYTES]).decode().rstrip("=")


_A_TOKEN = "A-TOKEN"  # noqa: S105


@cache
def _path(name: str) -> str:
    """Return the path of a personal page with a token of nobody: reversing it for every reader takes too long."""
    return reverse(name, args=[_A_TOKEN])


@dataclass(frozen=True, kw_only=True)
class PersonalLinks:
    """Where a subscriber ends or changes the subscription."""

    unsubscribe: str
    preferences: str

    @classmethod
    def of(cls, subscription_pk: int) -> PersonalLinks:
        """Return the links of this subscription."""
        unsubscribe = make_token(Purpose.UNSUBSCRIBE, subscription_pk=subscription_pk)
        preferences = make_token(Purpose.PREFERENCES, subscription_pk=subscription_pk)
        return cls(
            unsubscribe=conf.PUBLIC_URL + _path("newsletters:unsubscribe").replace(_A_TOKEN, unsubscribe),
            preferences=conf.PUBLIC_URL + _path("newsletters:preferences").replace(_A_TOKEN, preferences),
        )

    @classmethod
    def of_everyone(cls, *, newsletter_slug: str, language: str) -> PersonalLinks:
        """Return the links of a public copy: the sign-up page, and its note on how to unsubscribe."""
        sign_up = conf.PUBLIC_URL + reverse("newsletters:sign-up", args=[newsletter_slug, language])
        return cls(unsubscribe=f"{sign_up}#leave", preferences=sign_up)

    @classmethod
    def of_a_test(cls, *, language: str) -> PersonalLinks:
        """Return the links of previews and tests: a page that says so and changes nothing."""
        page = conf.PUBLIC_URL + reverse("newsletters:test-link", args=[language])
        return cls(unsubscribe=page, preferences=page)
