"""What works off the task table: a second process for as long as the demo runs, and this process when it waits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

OPTIONS = ("--queue-name", "*", "--backend", "background", "--no-reload", "--no-startup-delay", "--verbosity", "0")


@contextmanager
def second_worker() -> Iterator[None]:
    """Keep a worker going in a process of its own while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "db_worker", *OPTIONS, "--interval", "0.2"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "demo.settings"},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def work_off_one_task() -> None:
    """Do in this process what waits first, if anything does."""
    call_command("db_worker", *OPTIONS, "--interval", "0", "--batch", "--max-tasks", "1")


def waiting_tasks() -> int:
    """Return how many tasks nobody has begun yet."""
    return DBTaskResult.objects.ready().count()
