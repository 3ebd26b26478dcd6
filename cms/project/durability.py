"""Make sure that an acknowledged commit survives a crash of the database: switch that on if needed, and check it.

A commit records what a mail server was sent. If a crash loses the commit, the mail is sent a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import cache

from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

logger = logging.getLogger(__name__)

# PostgreSQL's other values all wait for the local disk, so they stay as they are: some also wait for a standby.
KEEP = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
# The session's default from the server, the database and the role, before this session changed it.
BY_DEFAULT = "SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
SQLITE_OFF = 0
HINT = (
    "Switch it on for every role that the hub's sessions may use, also behind a pooler: "
    "ALTER ROLE … SET synchronous_commit = on; and remove the setting from DATABASE_URL, if it is there."
)


def connect() -> None:
    """Watch every new connection, and register the check; called once, when the app is ready."""
    connection_created.connect(_keep_commits, dispatch_uid="hub_cms.durability")
    checks.register(check_durability, Tags.database)


def check_durability(*, databases: Sequence[str] | None = None, **_kwargs: object) -> list[CheckMessage]:
    """Return a message for each database that may lose a commit that it has acknowledged."""
    return [message for alias in databases or () for message in _faults(connections[alias])]


def _keep_commits(*, connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(KEEP)
        if cursor.fetchone():
            _warn_once(connection.alias)


@cache
def _warn_once(alias: str) -> None:
    logger.warning("synchronous_commit is off by default in the database “%s”; this process switches it on", alias)


def _faults(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    alias = connection.alias
    match connection.vendor:
        case "postgresql":
            if _query(connection, "SHOW synchronous_commit") == "off":
                yield _error(alias, "synchronous_commit is off", hint=HINT)
            elif _query(connection, BY_DEFAULT) == "off":
                yield checks.Warning(
                    f"synchronous_commit is off by default in the database “{alias}”. The hub's own connections switch "
                    "it on, but a pooler in transaction mode may run what they commit in another session.",
                    hint=HINT,
                    id="hub_cms.W030",
                )
        case "sqlite":
            if _query(connection, "PRAGMA synchronous") == SQLITE_OFF:
                hint = "Remove PRAGMA synchronous=OFF from the database's init_command: NORMAL or FULL keep commits."
                yield _error(alias, "PRAGMA synchronous is OFF", hint=hint)


def _query(connection: BaseDatabaseWrapper, sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        value: object = cursor.fetchone()[0]
        return value


def _error(alias: str, what: str, *, hint: str) -> CheckMessage:
    return checks.Error(
        f"In a crash the database “{alias}” can lose commits, and with them the record of sent mails: {what}.",
        hint=hint,
        id="hub_cms.E030",
    )
