"""A keyed digest that recognises a mailbox after everything about its owner was erased."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from newsletters.conf import conf
from newsletters.values.addresses import mailbox_of


def mailbox_digest(email: str) -> str:
    """Return 64 hexadecimal digits (HMAC-SHA-256), the same for every spelling of the address.

    The key is the setting SUPPRESSION_KEY, which is not in the database: whoever gets a copy of the database cannot
    try out addresses. Without that setting it is the project's secret key, and a new secret key forgets everybody.
    """
    secret = conf.SUPPRESSION_KEY or None
    return salted_hmac("hub_newsletters.mailbox", mailbox_of(email), secret=secret, algorithm="sha256").hexdigest()
