"""Fault points: a worker that is about to record, or has just recorded, that a mail was taken kills itself if armed.

They hang on the SQL, so that they stay between reply and commit however the code around them changes.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

POINTS = ("reply-known", "recorded-not-committed")


def armed(point: str) -> Path:
    """Return the file whose presence arms this point; the worker that gets there first takes it away."""
    return Path(os.environ["CRASH_DIR"]) / f"armed-{point}"


class CrashConfig(AppConfig):
    """Puts the fault points into each connection to the database."""

    name = "tests.crash"
    label = "hub_crash"

    def ready(self) -> None:
        connection_created.connect(_watch)


def _watch(*, connection: Any, **kwargs: Any) -> None:
    connection.execute_wrappers.append(_perhaps_die)


def _perhaps_die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    settles = sql.startswith("UPDATE") and "newsletters_delivery" in sql and "accepted" in (params or ())
    if settles:
        _die_if_armed("reply-known")
    answer = execute(sql, params, many, context)
    if settles:
        _die_if_armed("recorded-not-committed")
    return answer


def _die_if_armed(point: str) -> None:
    try:
        armed(point).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
