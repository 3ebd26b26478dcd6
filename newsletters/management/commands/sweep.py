"""`manage.py sweep`: take back what dead workers held and start what is missing; once, or every so often."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from cms.webhooks.tasks import sweep as sweep_webhooks
from newsletters.tasks import sweep


class Command(BaseCommand):
    help = "Look at the ledger, free what dead workers held, and start sending what is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on for ever, in this rhythm")

    def handle(self, *, every: int | None, **options: Any) -> None:
        while True:
            for dispatch in sweep():
                self.stdout.write(f"dispatch {dispatch} goes on")
            for endpoint in sweep_webhooks():
                self.stdout.write(f"webhook {endpoint} is sent what is due")
            if every is None:
                return
            time.sleep(every)
            close_old_connections()
