"""The token in the link to a person's own page: mailed to them when they ask for it, and good for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.utils import timezone

from newsletters.conf import conf
from newsletters.exceptions import WrongToken

_SALT = "hub_newsletters.person"


@dataclass(frozen=True, kw_only=True)
class PersonToken:
    """What a token says."""

    subscriber_pk: int
    language: str  # of the mail that it was in; empty if it does not say so
    is_expired: bool  # it can still be used to ask for a new mail


def make_person_token(*, subscriber_pk: int, language: str = "") -> str:
    """Return a token that lets its bearer do everything that the subscriber may do, for PERSON_LINK_HOURS.

    `language` is that of the mail that it goes into, and of the page that it opens.
    """
    return signing.dumps([subscriber_pk, language] if language else subscriber_pk, salt=_SALT)


def read_person_token(token: str, *, made_after: datetime | None = None) -> PersonToken:
    """Return what the token says; raise WrongToken if it is altered, or from before `made_after`."""
    # Tokens have whole seconds.
    most = None if made_after is None else timezone.now() - made_after + timedelta(seconds=1)
    try:
        said = signing.loads(token, salt=_SALT, max_age=most)
    except signing.BadSignature as error:
        raise WrongToken from error
    pk, language = said if isinstance(said, list) else (said, "")
    return PersonToken(subscriber_pk=int(pk), language=str(language), is_expired=_is_expired(token))


def _is_expired(token: str) -> bool:
    try:
        signing.loads(token, salt=_SALT, max_age=timedelta(hours=conf.PERSON_LINK_HOURS))
    except signing.SignatureExpired:
        return True
    return False
