"""`manage.py worker`: do background work, with the worker of whichever engine HUB_TASK_BACKEND names."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connections
from django.utils.module_loading import import_string
from django_tasks_db import DatabaseBackend

logger = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 2


class Command(BaseCommand):
    help = "Send mails, make pictures and do all other background work. SIGTERM ends it after the mail in hand."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", default="1", help="seconds between two looks into an empty queue (database)")

    def handle(self, *, interval: str, verbosity: int, **options: Any) -> None:
        engine = import_string(settings.TASKS["background"]["BACKEND"])
        if issubclass(engine, DatabaseBackend):
            _work_from_database(interval=interval, verbosity=verbosity)
            return
        try:
            from cms.redis_engine import RedisBackend, run_worker  # noqa: PLC0415  # RQ is an optional package
        except ImportError as error:
            raise CommandError(f"{engine.__name__} needs the extra `redis`: {error}") from error
        if not issubclass(engine, RedisBackend):
            raise CommandError(f"{engine.__name__} has a worker of its own; start that one.")
        run_worker()


def _work_from_database(*, interval: str, verbosity: int) -> None:
    """Run the database engine's worker; while the database cannot be reached, try again instead of ending."""
    arguments = ("--backend", "background", "--queue-name", "*", "--interval", interval, "--no-reload")
    while True:
        try:
            call_command("db_worker", *arguments, "--no-startup-delay", verbosity=verbosity)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database cannot be reached, trying again: %s", error)
            connections.close_all()
            time.sleep(TRY_AGAIN_SECONDS)
        else:
            return
