"""The token in the link to a person's own page: mailed to them when they ask for it, and good for a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.utils import timezone

from newsletters.conf import conf
from newsletters.exceptions import WrongToken

_SALT = "hub_newsletters.person"


def make_person_token(*, subscriber_pk: int) -> str:
    """Return a token that lets its bearer do everything that the subscriber may do, for PERSON_LINK_HOURS."""
    return signing.dumps(subscriber_pk, salt=_SALT)


def read_person_token(token: str, *, made_after: datetime | None = None) -> int:
    """Return the subscriber's key; raise WrongToken if the token is altered, too old or from before `made_after`."""
    most = timedelta(hours=conf.PERSON_LINK_HOURS)
    if made_after is not None:
        most = min(most, timezone.now() - made_after + timedelta(seconds=1))  # tokens have whole seconds
    try:
        return int(signing.loads(token, salt=_SALT, max_age=most))
    except signing.BadSignature as error:
        raise WrongToken from error
