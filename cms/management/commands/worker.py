"""`manage.py worker`: do background work, with the worker of the engine that HUB_TASK_BACKEND names."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from types import FrameType

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connections
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string
from django_tasks_db import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker

from cms.background.stopping import ask_process_to_stop

logger = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 2


class Command(BaseCommand):
    help = "Send mails, make pictures and do all other background work. SIGTERM ends it after the current mail."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        description = "seconds between two checks of an empty queue (database engine only)"
        parser.add_argument("--interval", type=float, default=1, help=description)

    def handle(self, *, interval: float, **_options: object) -> None:
        engine = import_string(settings.TASKS["background"]["BACKEND"])
        logger.info("The worker looks for work in %s", settings.TASKS["background"]["BACKEND"])
        if issubclass(engine, DatabaseBackend):
            _work_from_database(interval=interval)
            return
        try:
            from cms.background.redis_engine import RedisBackend, run_worker  # noqa: PLC0415  # RQ is an optional package
        except ImportError as error:
            raise CommandError(f"{engine.__name__} needs the extra `redis`: {error}") from error
        if not issubclass(engine, RedisBackend):
            raise CommandError(f"{engine.__name__} has its own worker; start that instead.")
        run_worker()


class DatabaseWorker(Worker):
    """The database engine's worker. Only Ctrl+C twice kills a task: supervisors send SIGTERM more than once."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the task, and let the task know."""
        ask_process_to_stop()
        if self.running or signum != signal.SIGTERM:
            super().shutdown(signum, frame)


def _work_from_database(*, interval: float) -> None:
    """Run the database engine's worker; if the database cannot be reached, try again instead of ending."""
    while True:
        worker = DatabaseWorker(
            queue_names=["*"],
            excluded_queue_names=[],
            backend_name="background",
            worker_id=get_random_string(32),
            interval=interval,
            startup_delay=False,
            batch=False,
            max_tasks=None,
        )
        worker.configure_signals()
        try:
            worker.run()
        except (OperationalError, InterfaceError) as error:
            if not worker.running:
                return
            logger.warning("The database cannot be reached, trying again: %s", error)
            connections.close_all()
            time.sleep(TRY_AGAIN_SECONDS)
        else:
            return
