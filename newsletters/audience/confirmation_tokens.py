"""The token in the link of a confirmation mail: it belongs to one request and says when it was made."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from newsletters.conf import conf
from newsletters.exceptions import WrongToken

_SALT = "hub_newsletters.sign_up"


@dataclass(frozen=True, kw_only=True)
class ConfirmationToken:
    """What a token says."""

    sign_up_pk: int
    is_expired: bool  # it can still be used to ask for a new mail


def make_confirmation_token(*, sign_up_pk: int) -> str:
    """Return the token of a confirmation mail."""
    return signing.dumps(sign_up_pk, salt=_SALT)


def read_confirmation_token(token: str) -> ConfirmationToken:
    """Return what the token says; raise WrongToken if it is altered."""
    seconds = conf.CONFIRM_WITHIN_DAYS * 24 * 3600
    try:
        return ConfirmationToken(sign_up_pk=int(signing.loads(token, salt=_SALT, max_age=seconds)), is_expired=False)
    except signing.SignatureExpired:
        return ConfirmationToken(sign_up_pk=int(signing.loads(token, salt=_SALT)), is_expired=True)
    except signing.BadSignature as error:
        raise WrongToken from error
