"""Who runs the tasks in the database: a second process while the demo runs, and this process when it waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

OPTIONS = ("--queue-name", "*", "--backend", "background", "--no-reload", "--no-startup-delay", "--verbosity", "0")


@contextmanager
def second_worker() -> Iterator[None]:
    """Keep a worker running in a separate process while the block runs; replace it if it dies."""
    ended = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def keep_going() -> None:
        while not ended.is_set():
            running[:] = [_start_worker()]
            if ended.is_set():  # the block ended while the process was starting
                running[0].terminate()
            running[0].wait()
            ended.wait(1)

    keeper = threading.Thread(target=keep_going)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        for process in running:
            process.terminate()
        keeper.join()


def _start_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "db_worker", *OPTIONS, "--interval", "0.2"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "demo.settings"},
        stdout=subprocess.DEVNULL,
    )


def run_one_task() -> None:
    """Run the first waiting task in this process, if there is one."""
    call_command("db_worker", *OPTIONS, "--interval", "0", "--batch", "--max-tasks", "1")


def waiting_tasks() -> int:
    """Return how many tasks have not been started yet."""
    return DBTaskResult.objects.ready().count()
