"""Fault points: if armed, they kill a worker just before or after it records that a mail was accepted.

They kill a clock while it starts a scheduled issue, while it gives out worker slots, and before it enqueues a task.

They kill a worker that sends through a provider before, during and after a request to the provider.

They are tied to the SQL and to HTTP, so that they stay where they are when the code around them changes.
"""

from __future__ import annotations

import os
import signal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.apps import AppConfig
from django.db.backends.signals import connection_created

POINTS = ("reply-known", "recorded-not-committed")
REQUEST_POINTS = ("request-not-begun", "request-half-sent", "answer-not-read")
CLOCK_POINTS = ("frozen-not-committed", "turn-not-committed", "task-not-enqueued")


def armed(point: str) -> Path:
    """Return the file whose presence arms this point; the first worker that reaches the point removes it."""
    return Path(os.environ["CRASH_DIR"]) / f"armed-{point}"


class CrashConfig(AppConfig):
    """Puts the fault points into each database connection, and shortens the clock's leases."""

    name = "tests.crash"
    label = "hub_crash"

    def ready(self) -> None:
        from cms.background import clock  # needs the app registry

        connection_created.connect(_watch)
        _watch_requests()
        clock.SHORTEST_LEASE_SECONDS = 2  # another clock soon takes over a killed clock's job


def _watch(*, connection: Any, **kwargs: Any) -> None:
    connection.execute_wrappers.append(_perhaps_die)


def _perhaps_die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    settles = sql.startswith("UPDATE") and "newsletters_delivery" in sql and "accepted" in (params or ())
    if settles:
        _die_if_armed("reply-known")
    if sql.startswith("INSERT INTO") and "dbtaskresult" in sql:
        _die_if_armed("task-not-enqueued")
    answer = execute(sql, params, many, context)
    if settles:
        _die_if_armed("recorded-not-committed")
    if "INSERT INTO" in sql and "newsletters_delivery" in sql:
        _die_if_armed("frozen-not-committed")
    if sql.startswith("INSERT INTO") and "newsletters_turn" in sql:
        _die_if_armed("turn-not-committed")
    return answer


def _watch_requests() -> None:
    begin, send, read = HTTPConnection.putrequest, HTTPConnection.send, HTTPConnection.getresponse

    def begin_or_die(connection: Any, *args: Any, **options: Any) -> None:
        _die_if_armed("request-not-begun")
        begin(connection, *args, **options)

    def send_or_die(connection: Any, data: Any) -> None:
        if not data.startswith(b"POST"):  # the headers have been sent
            _die_if_armed("request-half-sent")
        send(connection, data)

    def read_or_die(connection: Any) -> Any:
        _die_if_armed("answer-not-read")
        return read(connection)

    patch.multiple(HTTPConnection, putrequest=begin_or_die, send=send_or_die, getresponse=read_or_die).start()


def _die_if_armed(point: str) -> None:
    try:
        armed(point).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
