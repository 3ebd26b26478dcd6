"""The token in the mail that asks a sleeping reader whether they still want the newsletter."""

from __future__ import annotations

from django.core import signing

from newsletters.conf import conf
from newsletters.exceptions import WrongToken

_SALT = "hub_newsletters.question"


def make_question_token(*, sign_up_pk: int) -> str:
    """Return a token that lets its bearer answer this question."""
    return signing.dumps(sign_up_pk, salt=_SALT)


def read_question_token(token: str) -> int:
    """Return the question's key; raise WrongToken if the token is altered, or from before everything about it went."""
    days = conf.ANSWER_DAYS + conf.KEEP_ENDED_DAYS
    try:
        return int(signing.loads(token, salt=_SALT, max_age=days * 24 * 3600))
    except signing.BadSignature as error:
        raise WrongToken from error
