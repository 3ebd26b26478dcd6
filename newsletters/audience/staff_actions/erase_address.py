"""Erase whoever has an address: a reader, or somebody who only asked for a newsletter."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.erased_journal import add_to_journal
from newsletters.audience.imports.forgetting import forget_in_imports
from newsletters.models import SignUp, Subscriber, Suppression
from newsletters.models.audience.suppression import mailbox_digest
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
    mailbox = mailbox_of(email)
    moved = SignUp.objects.filter(mailbox=mailbox, kind=SignUp.Kind.UNDO).select_related("subscriber").first()
    if moved and moved.subscriber:
        return erase_address(moved.subscriber.email, now=now)  # it is a reader's former address
    stood_in_file = forget_in_imports(mailbox, now=now)
    asked, _by_model = SignUp.objects.filter(mailbox=mailbox).delete()
    if not asked and not stood_in_file:
        return False
    Suppression.add(email, reason=Suppression.Reason.ERASED, now=now)
    add_to_journal(mailbox_digest(email), reason=Suppression.Reason.ERASED, now=now)
    return True
