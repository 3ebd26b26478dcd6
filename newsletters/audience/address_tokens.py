"""The tokens in the two mails about a change of address: to confirm it at the new one, to undo it from the old one."""

from __future__ import annotations

from enum import Enum

from django.core import signing

from newsletters.conf import conf
from newsletters.exceptions import WrongToken


class AddressPurpose(Enum):
    """What a token lets its bearer do; its value keeps it apart from all other tokens."""

    CONFIRM = "hub_newsletters.address.confirm"
    UNDO = "hub_newsletters.address.undo"


def make_address_token(purpose: AddressPurpose, *, sign_up_pk: int) -> str:
    """Return a token that lets its bearer do this with one request."""
    return signing.dumps(sign_up_pk, salt=purpose.value)


def read_address_token(purpose: AddressPurpose, *, token: str) -> int:
    """Return the request's key; raise WrongToken if the token is altered, too old or made for something else."""
    days = conf.UNDO_ADDRESS_DAYS if purpose is AddressPurpose.UNDO else conf.CONFIRM_WITHIN_DAYS
    try:
        return int(signing.loads(token, salt=purpose.value, max_age=days * 24 * 3600))
    except signing.BadSignature as error:
        raise WrongToken from error
