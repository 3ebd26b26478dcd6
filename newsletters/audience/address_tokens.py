"""The tokens in the two mails about a change of address: to confirm it at the new one, to undo it from the old one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.core import signing

from newsletters.conf import conf
from newsletters.exceptions import WrongToken


class AddressPurpose(Enum):
    """What a token lets its bearer do; its value keeps it apart from all other tokens."""

    CONFIRM = "hub_newsletters.address.confirm"
    UNDO = "hub_newsletters.address.undo"


@dataclass(frozen=True, kw_only=True)
class AddressToken:
    """What a token says."""

    sign_up_pk: int
    is_expired: bool


def make_address_token(purpose: AddressPurpose, *, sign_up_pk: int) -> str:
    """Return a token that lets its bearer do this with one request."""
    return signing.dumps(sign_up_pk, salt=purpose.value)


def read_address_token(purpose: AddressPurpose, *, token: str) -> AddressToken:
    """Return what the token says; raise WrongToken if it is altered or made for something else."""
    days = conf.UNDO_ADDRESS_DAYS if purpose is AddressPurpose.UNDO else conf.CONFIRM_WITHIN_DAYS
    try:
        pk = int(signing.loads(token, salt=purpose.value, max_age=days * 24 * 3600))
        return AddressToken(sign_up_pk=pk, is_expired=False)
    except signing.SignatureExpired:
        return AddressToken(sign_up_pk=int(signing.loads(token, salt=purpose.value)), is_expired=True)
    except signing.BadSignature as error:
        raise WrongToken from error
