"""`manage.py erase`: erase a reader everywhere, or after a restore everybody in the journal."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from newsletters.audience.erased_journal import read_journal
from newsletters.audience.staff_actions.erase_address import erase_address
from newsletters.audience.staff_actions.erase_from_journal import erase_from_journal
from newsletters.conf import conf
from newsletters.exceptions import JournalUnreadable
from newsletters.models import ImportedRow, SignUp, Subscriber
from newsletters.values.addresses import clean_address, mailbox_of


class Command(BaseCommand):
    help = (
        "Erase everything about the person with this address, for good: a code stays that only recognises the address. "
        "With --from-journal: after a backup was restored, erase again everybody who was erased since it was made, and "
        "end the subscriptions of whoever is never to be mailed at that address again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("address", nargs="?", help="the person's address, in any spelling")
        who.add_argument("--from-journal", action="store_true", help="everybody whom HUB_ERASED_JOURNAL names")
        parser.add_argument("--dry-run", action="store_true", help="only say who would be erased")
        parser.add_argument("--no-input", action="store_true", help="do not ask whether you are sure")

    def handle(
        self, *, address: str | None, from_journal: bool, dry_run: bool, no_input: bool, **_options: object
    ) -> None:
        if from_journal:
            self._from_journal(dry_run=dry_run)
            return
        try:
            email = clean_address(address or "")
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        found = _found(email)
        if not found:
            raise CommandError("Nobody here has this address.")
        self.stdout.write(found)
        if dry_run:
            return
        if not no_input and input("Erase all of it for good? Type “yes”: ").strip() != "yes":
            raise CommandError("Nothing was erased.")
        erase_address(email, now=timezone.now())
        self.stdout.write("Erased.")

    def _from_journal(self, *, dry_run: bool) -> None:
        if not conf.ERASED_JOURNAL:
            raise CommandError("HUB_ERASED_JOURNAL is not set; docs/operations.md says what it is.")
        try:
            journal = read_journal()
        except JournalUnreadable as error:
            raise CommandError(str(error)) from error
        taken = erase_from_journal(journal, dry_run=dry_run, now=timezone.now())
        would = "would be" if dry_run else "were"
        self.stdout.write(
            f"{len(journal.erased | journal.suppressed)} addresses in the journal; {taken.erased} people in the "
            f"database {would} erased, {taken.suppressed} {would} unsubscribed for good."
        )


def _found(email: str) -> str:
    """Say what there is to erase; "" if there is nothing."""
    subscriber = Subscriber.objects.at(email).first()
    mailbox = mailbox_of(email)
    asked, rows = (model.objects.filter(mailbox=mailbox).count() for model in (SignUp, ImportedRow))
    if subscriber is None and not asked and not rows:
        return ""
    owned = subscriber.subscriptions.count() if subscriber else 0
    who = "A reader" if subscriber else "No reader"
    return f"{who} with {owned} subscriptions, {asked} requests, and {rows} rows of imported files."
