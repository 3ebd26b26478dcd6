"""Read a mail that came back and say what it is. A forger can write anything, and only learns to see it ignored.

A bounce or a complaint counts only with proof that we sent the mail: see `Origin`.
"""

from __future__ import annotations

import logging

from newsletters.results.incoming.bounces import reported_recipients
from newsletters.results.incoming.complaints import complaint_in
from newsletters.results.incoming.kinds import Action, Bounce, Origin, Report, Trouble, Unreadable
from newsletters.results.incoming.letters import automatic_reply, is_automatic, reply, unsubscribing_in
from newsletters.results.incoming.origins import origin_of
from newsletters.results.incoming.parsing import Mail, TooNested, parse
from newsletters.results.incoming.plain_bounces import described_recipients, has_no_sender, is_from_a_server

logger = logging.getLogger(__name__)

_BAD = frozenset({Action.FAILED, Action.DELAYED})


def read_report(raw: bytes, *, envelope_recipient: str = "") -> Report:
    """Return what a mail is, whatever it is, in bounded time; `envelope_recipient` is the address it was sent to.

    A mailbox shows that address only in headers; a pipe and LMTP know it.
    """
    try:
        mail = parse(raw)
        if not mail.items():
            return Unreadable(origin=Origin(), reason=Trouble.EMPTY)
        return _report(mail, envelope_recipient=envelope_recipient)
    except TooNested:
        return Unreadable(origin=Origin(), reason=Trouble.NESTED)
    except Exception as error:  # the email package raises many kinds
        logger.warning("A mail that came back cannot be read: %s", type(error).__name__)  # its words may be personal
        return Unreadable(origin=Origin(), reason=Trouble.BROKEN)


def _report(mail: Mail, *, envelope_recipient: str) -> Report:
    complaint = complaint_in(mail, envelope_recipient=envelope_recipient)
    if complaint is not None:
        return complaint
    origin = origin_of(mail, envelope_recipient=envelope_recipient)
    recipients = reported_recipients(mail)
    is_of_a_server = is_from_a_server(mail)
    if not recipients and (is_of_a_server or has_no_sender(mail)):
        recipients = described_recipients(mail)
    bad = tuple(recipient for recipient in recipients if recipient.action in _BAD)
    if bad:
        return Bounce(origin=origin, recipients=bad)
    if recipients:
        return automatic_reply(mail, origin=origin)  # a receipt
    unsubscribing = unsubscribing_in(mail, envelope_recipient=envelope_recipient)
    if unsubscribing is not None:
        return unsubscribing
    if is_of_a_server:
        return Unreadable(origin=origin, reason=Trouble.NO_RECIPIENT)
    return automatic_reply(mail, origin=origin) if is_automatic(mail) else reply(mail, origin=origin)
