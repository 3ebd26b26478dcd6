"""`manage.py bounces`: record bounces, complaints and unsubscribing mails, from the mailbox or from a pipe."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from newsletters.conf import conf
from newsletters.exceptions import MailboxDown
from newsletters.results.actions.record_report import Heard
from newsletters.results.incoming.receiving import read_one, recipient_in
from newsletters.results.read_bounces import read_mail, read_mailbox


class Command(BaseCommand):
    help = (
        "Record the bounces, complaints and unsubscribing mails in the mailbox of HUB_BOUNCE_MAILBOX, or with --pipe "
        "the one mail on standard input. The clock reads the mailbox every five minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--pipe", action="store_true", help="read one mail from standard input")
        parser.add_argument("--recipient", default="", help="with --pipe: the address that the mail was sent to")

    def handle(self, *, pipe: bool, recipient: str, **_options: object) -> None:
        if pipe:
            raw = read_one(sys.stdin.buffer)
            outcome = read_mail(raw, envelope_recipient=recipient or recipient_in(os.environ), now=timezone.now())
            self.stdout.write(outcome.name.lower())
            return
        if not conf.BOUNCE_MAILBOX:
            raise CommandError("HUB_BOUNCE_MAILBOX is not set; docs/operations.md says what it is.")
        try:
            heard = read_mailbox(now=timezone.now())
        except MailboxDown as error:
            raise CommandError(str(error)) from error
        self.stdout.write(", ".join(f"{heard[outcome]} {outcome.name.lower()}" for outcome in Heard))
