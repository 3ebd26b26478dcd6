"""The whole database as text, as whoever holds a backup of it would search it."""

from __future__ import annotations

import os
import subprocess

from django.db import connection

from tests.crash.servers import Postgres


def dump() -> str:
    """Return every row of every table; of PostgreSQL by its own program."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        return "\n".join(connection.connection.iterdump())
    server = connection.connection.info
    command = [f"{Postgres.programs()}/pg_dump", "--data-only", "--inserts"]
    where = {"PGHOST": server.host, "PGPORT": f"{server.port}", "PGUSER": server.user, "PGDATABASE": server.dbname}
    environment = os.environ | where | {"PGPASSWORD": server.password}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
