"""A database that one process migrates and the others copy: migrating takes 20 seconds of processor time.

On SQLite the copy is kept between runs, under a name that is made from all the code that can change it.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def migrate_once(folder: Path, *, run: str) -> Callable[..., Any]:
    """Return a `call_command` whose `migrate` copies an earlier process's database from `folder`, or puts one there.

    `run` is the same for all processes of a test run: on PostgreSQL they share a server with the copy.
    """

    def command(name: str, *args: Any, **options: Any) -> Any:
        if name != "migrate":
            return call_command(name, *args, **options)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            migrate = lambda: call_command(name, *args, **options)  # noqa: E731
            if connection.vendor == "sqlite":
                _on_sqlite(folder, migrate)
            else:
                _on_postgresql(folder / f"{run}.copied", migrate)
        return None

    return command


def _on_sqlite(folder: Path, migrate: Callable[[], Any]) -> None:
    copy = folder / f"{_version()}.sqlite3"
    connection.ensure_connection()
    if copy.exists():
        _copy(copy, "to the database")
        return
    migrate()
    for old in folder.glob("*.sqlite3*"):
        old.unlink()
    part = copy.with_suffix(".sqlite3-part")
    _copy(part, "from the database")
    part.rename(copy)


def _copy(path: Path, direction: str) -> None:
    file = sqlite3.connect(path)
    source, target = (file, connection.connection) if direction == "to the database" else (connection.connection, file)
    source.backup(target)
    file.close()


def _on_postgresql(copied: Path, migrate: Callable[[], Any]) -> None:
    is_first = not copied.exists()
    if is_first:
        migrate()
    base = connection.settings_dict["NAME"].rpartition("_gw")[0]
    name, copy = (connection.ops.quote_name(which) for which in (connection.settings_dict["NAME"], f"{base}_copy"))
    connection.close()
    source, target = (name, copy) if is_first else (copy, name)
    with connection._nodb_cursor() as cursor:  # noqa: SLF001 - nobody may be connected to what is copied
        cursor.execute(f"DROP DATABASE IF EXISTS {target}")
        cursor.execute(f"CREATE DATABASE {target} TEMPLATE {source}")
    for old in copied.parent.glob("*.copied"):
        old.unlink()
    copied.touch()


def _version() -> str:
    """Return a name for all that the migrated database depends on: our code, all migrations, what is installed."""
    hashed = sha256(repr(sorted((package.name, package.version) for package in distributions())).encode())
    for app in apps.get_app_configs():
        folder = Path(app.path)
        is_ours = folder.parent == ROOT
        for path in sorted(folder.rglob("*.py") if is_ours else folder.glob("migrations/*.py")):
            hashed.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return hashed.hexdigest()[:24]
