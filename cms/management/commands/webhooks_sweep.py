"""`manage.py webhooks_sweep`: send the webhooks that are due and forget the old log; once, or every so often."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from cms.webhooks.tasks import sweep


class Command(BaseCommand):
    help = "Look at what waits for webhooks, start sending what is due, and forget what is older than KEEP_DAYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on for ever, in this rhythm")

    def handle(self, *, every: int | None, **options: Any) -> None:
        while True:
            for endpoint in sweep():
                self.stdout.write(f"webhook {endpoint} is sent what is due")
            if every is None:
                return
            time.sleep(every)
            close_old_connections()
