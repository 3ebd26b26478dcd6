"""`manage.py bounces`: record bounces, complaints and unsubscribing mails, from the mailbox, a pipe or by LMTP."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from argparse import ArgumentParser
from importlib.util import find_spec

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone

from cms.background.stopping import asked_to_stop
from newsletters.conf import conf
from newsletters.exceptions import MailboxDown
from newsletters.results.actions.record_report import Heard
from newsletters.results.incoming.lmtp_address import LmtpAddress, lmtp_address
from newsletters.results.incoming.receiving import read_one, recipient_in
from newsletters.results.read_bounces import read_mailbox, take_mail

logger = logging.getLogger(__name__)

NOBODY_READS_IT = "Nobody reads mail to this address. Please answer the newsletter itself."


class Command(BaseCommand):
    help = (
        "Record the bounces, complaints and unsubscribing mails in the mailbox of HUB_BOUNCE_MAILBOX; with --pipe the "
        "one mail on standard input; with --lmtp what a mail server sends, until SIGTERM. The clock reads the mailbox "
        "every five minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--pipe", action="store_true", help="read one mail from standard input")
        source.add_argument("--lmtp", metavar="ADDRESS", default="", help="listen at 127.0.0.1:8024, or at a socket")
        parser.add_argument("--recipient", default="", help="with --pipe: the address that the mail was sent to")

    def handle(self, *, pipe: bool, lmtp: str, recipient: str, **_options: object) -> None:
        if pipe:
            self._take_one(recipient or recipient_in(os.environ))
        elif lmtp:
            self._listen(lmtp)
        else:
            self._read_mailbox()

    def _read_mailbox(self) -> None:
        if not conf.BOUNCE_MAILBOX:
            raise CommandError("HUB_BOUNCE_MAILBOX is not set; docs/operations.md says what it is.")
        try:
            heard = read_mailbox(now=timezone.now())
        except MailboxDown as error:
            raise CommandError(str(error)) from error
        self.stdout.write(", ".join(f"{heard[outcome]} {outcome.name.lower()}" for outcome in Heard))

    def _take_one(self, recipient: str) -> None:
        """Record the mail of the pipe; what cannot be recorded ends with a code on which mail servers send it again."""
        raw = read_one(sys.stdin.buffer)
        try:
            outcome = take_mail(raw, envelope_recipient=recipient, now=timezone.now())
        except Exception as error:
            logger.exception("A mail could not be taken in")
            raise CommandError("The mail cannot be recorded now.", returncode=os.EX_TEMPFAIL) from error
        if outcome is Heard.FOR_A_PERSON:
            raise CommandError(NOBODY_READS_IT, returncode=os.EX_NOUSER)
        self.stdout.write(outcome.name.lower())

    def _listen(self, written: str) -> None:
        if not find_spec("aiosmtpd"):
            raise CommandError("LMTP needs aiosmtpd: pip install 'innovation-hub[lmtp]'")
        from newsletters.results.incoming.lmtp import serve  # noqa: PLC0415  # it is optional

        try:
            address = lmtp_address(written)
        except ValueError as error:
            raise CommandError(f"{written}: {error}") from error
        with asked_to_stop() as should_stop:
            try:
                asyncio.run(
                    serve(
                        address,
                        receive=_receive,
                        should_stop=should_stop,
                        started=lambda port: self._say_where(address, port=port),
                    )
                )
            except OSError as error:
                raise CommandError(f"{written}: {error.strerror or error}") from error

    def _say_where(self, address: LmtpAddress, *, port: int) -> None:
        self.stdout.write(f"Listening at {address.path or f'{address.host}:{port}'}")
        self.stdout.flush()


def _receive(raw: bytes, recipient: str) -> str:
    """Record a mail and return the LMTP reply to its recipient. Raises what the database and the mail server raise."""
    close_old_connections()
    try:
        outcome = take_mail(raw, envelope_recipient=recipient, now=timezone.now())
    finally:
        close_old_connections()  # also one that broke
    if outcome is Heard.FOR_A_PERSON:
        return f"550 5.1.1 {NOBODY_READS_IT}"
    return f"250 2.0.0 {outcome.name.lower()}"
