"""`manage.py sweep`: sweep the ledger now; the clock does it every few seconds."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from newsletters.tasks import sweep


class Command(BaseCommand):
    help = "Sweep the ledger now: release the claims of dead workers, and start sending what is due."

    def handle(self, **_options: object) -> None:
        for dispatch in sweep():
            self.stdout.write(f"started workers for dispatch {dispatch}")
