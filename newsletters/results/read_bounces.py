"""Read the mails that came back: from the mailbox of the settings, or as a mail server sends them."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime

from newsletters.conf import conf
from newsletters.results.actions.pass_on_mail import pass_on_mail
from newsletters.results.actions.record_report import Heard, record_report
from newsletters.results.incoming.mailbox import open_mailbox
from newsletters.results.incoming.mailbox_address import mailbox_address
from newsletters.results.incoming.reports import read_report

logger = logging.getLogger(__name__)


def read_mailbox(*, now: datetime) -> Counter[Heard]:
    """Record every unread mail of BOUNCE_MAILBOX, and return how many mails had which outcome; raise MailboxDown.

    A mail is marked as handled after it is recorded, so a run that is killed loses none. Mails for a person stay in
    the folder.
    """
    heard: Counter[Heard] = Counter()
    with open_mailbox(mailbox_address(conf.BOUNCE_MAILBOX)) as mailbox:
        for mail in mailbox.unread():
            outcome = read_mail(mail.raw, now=now)
            mailbox.mark_handled(mail, is_kept=outcome is Heard.FOR_A_PERSON)
            heard[outcome] += 1
    return heard


def read_mail(raw: bytes, *, envelope_recipient: str = "", now: datetime) -> Heard:
    """Record one mail; `envelope_recipient` is the address that it was sent to, if the mail server says so."""
    return record_report(read_report(raw, envelope_recipient=envelope_recipient), now=now)


def take_mail(raw: bytes, *, envelope_recipient: str, now: datetime) -> Heard:
    """Record one mail that nobody else keeps: what is for a person is mailed to REPLIES_TO, if that is set.

    Raises OSError if that mail cannot be sent.
    """
    report = read_report(raw, envelope_recipient=envelope_recipient)
    outcome = record_report(report, now=now)
    if outcome is Heard.FOR_A_PERSON and conf.REPLIES_TO:
        pass_on_mail(report, raw=raw, to=conf.REPLIES_TO)
        return Heard.PASSED_ON
    return outcome
