"""`manage.py clock`: run the periodic jobs, for ever, or once for cron."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from cms.background.clock import clock_jobs, run_due
from cms.background.stopping import asked_to_stop

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1
TRY_AGAIN_SECONDS = 5


class Command(BaseCommand):
    help = "Start what is due: sendings, scheduled pages, webhooks, cleaning up. SIGTERM ends it after the current job."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due and end: for cron, once a minute")

    def handle(self, *, once: bool, verbosity: int, **_options: object) -> None:
        if not once:
            logger.info("The clock runs %s", ", ".join(sorted(job.name for job in clock_jobs())))
        with asked_to_stop() as should_stop:
            while True:
                found = self._look(may_fail=not once, verbosity=verbosity)
                if once:
                    return
                ends = time.monotonic() + (LOOK_SECONDS if found else TRY_AGAIN_SECONDS)
                while time.monotonic() < ends:
                    if should_stop():
                        return
                    time.sleep(0.1)
                close_old_connections()

    def _look(self, *, may_fail: bool, verbosity: int) -> bool:
        """Run what is due; return False if the database cannot be reached."""
        try:
            for name in run_due(clock_jobs(), clock=timezone.now):
                if verbosity > 1:
                    self.stdout.write(name)
        except (OperationalError, InterfaceError) as error:
            if not may_fail:
                raise
            logger.warning("The database cannot be reached, trying again: %s", error)
            connection.close()
            return False
        return True
