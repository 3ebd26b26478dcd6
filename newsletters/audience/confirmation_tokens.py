"""The token in the link of a confirmation mail, which contains the time at which it was made."""

from __future__ import annotations

from django.core import signing

from newsletters.conf import conf
from newsletters.exceptions import WrongToken


def make_confirmation_token(*, subscription_pk: int) -> str:
    """Return the token of a confirmation mail."""
    return signing.dumps(subscription_pk, salt="hub_newsletters.confirm")


def read_confirmation_token(token: str) -> int:
    """Return the subscription's key; raise WrongToken if the token is altered or too old."""
    try:
        return int(signing.loads(token, salt="hub_newsletters.confirm", max_age=conf.CONFIRM_WITHIN_DAYS * 24 * 3600))
    except signing.BadSignature as error:
        raise WrongToken from error
