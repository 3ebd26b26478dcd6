"""A commit that was answered is durable, whatever the server, the database or the role are configured to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core import checks
from django.core.checks import run_checks
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from cms.project import durability
from tests.acceptance.test_workers import needs_postgres

pytestmark = pytest.mark.django_db


def run(sql: str) -> Any:
    """Run this in a new connection, like that of a worker that starts; return the first value."""
    with new_connection() as other, other.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


@pytest.fixture
def by_default() -> Iterator[Callable[[str], None]]:
    """Let the role begin its sessions in this database with this value of synchronous_commit."""
    needs_postgres()
    name = connection.settings_dict["NAME"]
    durability._warn_once.cache_clear()  # noqa: SLF001 - an earlier test may have caused the warning

    def begin_with(value: str) -> None:
        run(f'ALTER ROLE CURRENT_USER IN DATABASE "{name}" SET synchronous_commit = {value}')

    yield begin_with
    run(f'ALTER ROLE CURRENT_USER IN DATABASE "{name}" RESET synchronous_commit')


@contextmanager
def new_connection() -> Iterator[BaseDatabaseWrapper]:
    other = connection.copy()
    if other.vendor == "sqlite":
        other.settings_dict["NAME"] = Path(":memory:")  # of its own; a name in words would be the tests' own
    try:
        yield other
    finally:
        other.close()


def found_in(other: BaseDatabaseWrapper) -> list[str | None]:
    with patch.object(durability, "connections", {"other": other}):
        return [message.id for message in durability.check_durability(databases=["other"])]


def test_commits_are_kept_although_the_role_forgets_them(by_default: Any, caplog: Any) -> None:
    by_default("off")
    assert run("SHOW synchronous_commit") == "on"
    assert run("SHOW synchronous_commit") == "on"
    assert caplog.text.count("synchronous_commit is off by default") == 1


@pytest.mark.parametrize("value", ["local", "remote_write", "remote_apply"])
def test_who_waits_for_a_standby_goes_on_doing_so(by_default: Any, value: str, caplog: Any) -> None:
    by_default(value)
    assert run("SHOW synchronous_commit") == value
    assert not caplog.text


def test_a_role_that_forgets_is_pointed_out_for_the_sake_of_poolers(by_default: Any) -> None:
    by_default("off")
    with new_connection() as other:
        assert found_in(other) == ["hub_cms.W030"]


def test_a_connection_that_forgets_all_the_same_is_an_error() -> None:
    """Behind a pooler another session may have it off; on SQLite your own settings may."""
    off = {"postgresql": "SET synchronous_commit = off", "sqlite": "PRAGMA synchronous = OFF"}[connection.vendor]
    with new_connection() as other:
        assert found_in(other) == []
        with other.cursor() as cursor:
            cursor.execute(off)
        assert found_in(other) == ["hub_cms.E030"]


def test_the_checks_ask_the_database() -> None:
    with patch.object(durability, "_faults", return_value=iter([checks.Error("", id="hub_cms.E030")])):
        assert [found.id for found in run_checks(tags=["database"], databases=["default"])] == ["hub_cms.E030"]
