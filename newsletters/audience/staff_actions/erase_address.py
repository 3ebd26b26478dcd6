"""Erase whoever has an address: a reader, or somebody who only asked for a newsletter."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.models import SignUp, Subscriber, Suppression
from newsletters.values.addresses import mailbox_of


@transaction.atomic
def erase_address(email: str, *, now: datetime) -> bool:
    """Erase reader and requests, and suppress the mailbox; return False if nobody here has the address.

    It is for those who work on the server itself, so there is no user; the audit log says so, without the address.
    """
    subscriber = Subscriber.objects.at(email).first()
    if subscriber is not None:
        log(subscriber, "hub_newsletters.erase", title=f"{subscriber.pk}", data={"by": "command"})
        erase_subscriber(subscriber, user=None, now=now)
        return True
    requests = SignUp.objects.filter(mailbox=mailbox_of(email))
    if not requests.exists():
        return False
    requests.delete()
    Suppression.add(email, reason=Suppression.Reason.ERASED, now=now)
    return True
