"""`manage.py sweep`: look at the ledger now; the clock does it by itself every few seconds."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from newsletters.tasks import sweep


class Command(BaseCommand):
    help = "Look at the ledger now, free what dead workers held, and start sending what is due."

    def handle(self, **_options: object) -> None:
        for dispatch in sweep():
            self.stdout.write(f"dispatch {dispatch} goes on")
