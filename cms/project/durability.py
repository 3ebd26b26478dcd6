"""A commit that was answered is kept through a crash of the database: switched on where it is not, and checked.

What a mail server was sent stands in a commit. If a crash forgets that, the mail is sent a second time.
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

# PostgreSQL's other values all wait for the local disk, so that they stay as they are: a standby may be waited for.
KEEP = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
# What a session has from the server, the database and the role, before this one switched anything on.
BY_DEFAULT = "SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
SQLITE_OFF = 0
HINT = (
    "Switch it on for everybody who may run what you send, also behind a pooler: "
    "ALTER ROLE … SET synchronous_commit = on; and remove it from DATABASE_URL, if it is there."
)


def connect() -> None:
    """See to each new connection; called once, when the app is ready."""
    connection_created.connect(_keep_commits, dispatch_uid="hub_cms.durability")
    checks.register(check_durability, Tags.database)


def check_durability(*, databases: Sequence[str] | None = None, **_kwargs: object) -> list[CheckMessage]:
    """Say which databases may forget a commit that they have answered."""
    return [message for alias in databases or () for message in _faults(connections[alias])]


def _keep_commits(*, connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(KEEP)
        if cursor.fetchone():
            _tell_once(connection.alias)


@cache
def _tell_once(alias: str) -> None:
    logger.warning("synchronous_commit is off by default in the database “%s”; this process switches it on", alias)


def _faults(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    alias = connection.alias
    match connection.vendor:
        case "postgresql":
            if _ask(connection, "SHOW synchronous_commit") == "off":
                yield _error(alias, "synchronous_commit is off", hint=HINT)
            elif _ask(connection, BY_DEFAULT) == "off":
                yield checks.Warning(
                    f"synchronous_commit is off by default in the database “{alias}”. The hub's own connections switch "
                    "it on, but a pooler in transaction mode may run what they commit in another session.",
                    hint=HINT,
                    id="hub_cms.W030",
                )
        case "sqlite":
            if _ask(connection, "PRAGMA synchronous") == SQLITE_OFF:
                hint = "Take PRAGMA synchronous=OFF out of the database's init_command: NORMAL or FULL keep commits."
                yield _error(alias, "PRAGMA synchronous is OFF", hint=hint)


def _ask(connection: BaseDatabaseWrapper, sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        value: object = cursor.fetchone()[0]
        return value


def _error(alias: str, what: str, *, hint: str) -> CheckMessage:
    return checks.Error(
        f"A crash makes the database “{alias}” forget commits, and with them that mails were sent: {what}.",
        hint=hint,
        id="hub_cms.E030",
    )
