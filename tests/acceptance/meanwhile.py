"""Two people at once, each with a connection of their own: one acts between two statements of the other.

On SQLite the tests' database is in memory and has one connection: `on_a_file` moves it into a file for a while.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection, connections

PATIENCE_SECONDS = 60
Act = Callable[[], Any]


@contextmanager
def on_a_file(path: Path) -> Iterator[None]:
    """Let each thread have a connection of its own to a copy of the database; PostgreSQL needs no copy."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    memory, name = connections["default"], connection.settings_dict["NAME"]
    copy = sqlite3.connect(path)
    memory.connection.backup(copy)
    copy.close()
    del connections["default"]
    memory.settings_dict["NAME"] = str(path)  # the settings from which each thread's connection is made
    try:
        yield
    finally:
        connections["default"].close()
        memory.settings_dict["NAME"] = name
        connections["default"] = memory


@dataclass(kw_only=True)
class _Other:
    """Another person, who acts in a thread and with a connection of their own."""

    act: Act
    pid: int = 0
    wants_to_write: threading.Event = field(default_factory=threading.Event)

    def run(self) -> Any:
        connection.ensure_connection()
        if connection.vendor == "postgresql":
            self.pid = connection.connection.info.backend_pid
        try:
            with connection.execute_wrapper(self._note):
                return self.act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip("( ").upper().startswith(("SELECT", "SAVEPOINT", "RELEASE")):
            self.wants_to_write.set()
        return execute(sql, params, many, context)

    def is_waiting_for(self, mine: Any) -> bool:
        """Say whether this person cannot continue until `mine` has ended its transaction."""
        if mine.vendor == "sqlite":
            return bool(mine.connection.in_transaction and self.wants_to_write.is_set())
        watcher = mine.copy()
        try:
            with watcher.cursor() as cursor:
                cursor.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [self.pid])
                return (cursor.fetchone() or [None])[0] == "Lock"
        finally:
            watcher.close()


def interrupted(act: Act, *, after: int, by: Act, in_transaction: bool = False) -> tuple[Any, Any]:
    """Return what `act` and `by` return (or raise), if `by` begins once `act` has run `after` statements.

    With `in_transaction`, only statements in a transaction count.

    `act` continues as soon as `by` is done or waits for a lock of `act`. If `act` has fewer statements, `by` does not
    begin, and its result is None.
    """
    done: Any = None
    statements, mine, counts = 0, connections["default"], not in_transaction
    done_by: Future[Any] | None = None

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal statements, done_by, counts
        found = execute(sql, params, many, context)
        counts = counts or mine.in_atomic_block
        statements += counts
        if counts and statements == after:
            done_by = pool.submit(other.run)
            _wait_until(lambda: done_by.done() or other.is_waiting_for(mine))
        return found

    other = _Other(act=by)
    with ThreadPoolExecutor(1) as pool:
        try:
            with connection.execute_wrapper(look):
                done = act()
        except Exception as error:
            done = error
        return done, done_by.result(PATIENCE_SECONDS) if done_by else None


def whenever(act: Act, *, by: Act, prepare: Act) -> Iterator[tuple[Any, Any]]:
    """Yield how `act` and `by` end, for each moment of `act` at which `by` can begin; `prepare` resets everything."""
    for after in count(1):
        prepare()
        ends = interrupted(act, after=after, by=by)
        if ends[1] is None:
            assert after > 1, "nobody came between"
            return
        yield ends


def _wait_until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > ends:
            raise TimeoutError("neither done nor waiting for a lock")
        time.sleep(0.002)
