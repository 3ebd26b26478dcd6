"""The clock: each job at its interval, by one clock at a time, whatever fails and whatever the time of day says."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django_tasks_db.models import DBTaskResult

from cms.background.clock import clock_jobs, run_due
from cms.management.commands import clock as command
from cms.models import ClockEntry
from cms.plugins import ClockJob
from cms.project import clock_jobs as core

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Runs:
    """Two jobs that count how often they ran, and a clock that stands still."""

    def __init__(self) -> None:
        self.now = NOW
        self.names: list[str] = []
        self.jobs = [
            ClockJob(name="often", every_seconds=10, run=lambda: self.names.append("often")),
            ClockJob(name="seldom", every_seconds=3600, run=lambda: self.names.append("seldom")),
        ]

    def look(self, *, after: float = 0) -> list[str]:
        self.now += timedelta(seconds=after)
        return list(run_due(self.jobs, clock=lambda: self.now))


@pytest.fixture
def runs(db: None) -> Runs:
    return Runs()


def test_each_job_runs_at_once_and_then_at_its_interval(runs: Runs) -> None:
    assert runs.look() == ["often", "seldom"]
    assert runs.look(after=9) == []
    assert runs.look(after=1) == ["often"]
    assert runs.look(after=3600) == ["often", "seldom"]
    assert runs.names == ["often", "seldom", "often", "often", "seldom"]


def test_looking_costs_one_query_while_nothing_is_due(runs: Runs, django_assert_num_queries: Any) -> None:
    runs.look()
    with django_assert_num_queries(1):
        runs.look(after=1)


def test_a_job_that_another_clock_runs_is_left_to_it_until_that_clock_has_died(runs: Runs) -> None:
    runs.look()
    ClockEntry.objects.filter(name="often").update(leased_until=NOW + timedelta(seconds=60))
    assert runs.look(after=30) == []
    assert runs.look(after=31) == ["often"]


def test_of_two_clocks_that_saw_the_same_only_one_runs_the_job(db: None) -> None:
    entry = ClockEntry.objects.create(name="often", due_at=NOW)
    other = ClockEntry.objects.get()
    every, lease = timedelta(seconds=10), timedelta(seconds=60)
    assert entry.take(every=every, lease=lease, now=NOW)
    assert not other.take(every=every, lease=lease, now=NOW)
    entry.done(every=every, now=NOW)
    assert not other.take(every=every, lease=lease, now=NOW)


def test_a_job_that_fails_is_logged_comes_again_and_keeps_nobody_from_running(runs: Runs, caplog: Any) -> None:
    def fail() -> None:
        raise ValueError("broken")

    runs.jobs.insert(0, ClockJob(name="broken", every_seconds=10, run=fail))
    assert runs.look() == ["broken", "often", "seldom"]
    assert "The clock job broken failed" in caplog.text
    assert runs.look(after=10) == ["broken", "often"]


def test_a_machine_whose_clock_was_wrong_for_a_while_does_not_stop_the_work(runs: Runs) -> None:
    runs.look(after=365 * 24 * 3600)
    runs.now = NOW
    assert runs.look() == ["often", "seldom"]


@pytest.fixture
def one_connection(monkeypatch: Any) -> None:
    """Let the command use the test's connection, because everything is in its transaction."""
    monkeypatch.setattr(command, "close_old_connections", lambda: None)
    monkeypatch.setattr(connection, "close", lambda: None)


@pytest.mark.usefixtures("one_connection")
def test_the_clock_outlives_a_database_that_is_away_and_ends_when_told_to(
    runs: Runs, monkeypatch: Any, caplog: Any
) -> None:
    caplog.set_level(logging.INFO)
    looks: list[int] = []

    def look(jobs: Any, *, clock: Callable[[], datetime]) -> list[str]:
        looks.append(1)
        if len(looks) == 1:
            raise OperationalError("the database is away")
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    monkeypatch.setattr(command, "run_due", look)
    monkeypatch.setattr(command, "TRY_AGAIN_SECONDS", 0)
    call_command("clock")
    assert "The clock runs " in caplog.text
    assert len(looks) == 2


def test_for_cron_it_runs_what_is_due_and_ends(runs: Runs, monkeypatch: Any) -> None:
    monkeypatch.setattr(command, "clock_jobs", lambda: runs.jobs)
    out = StringIO()
    call_command("clock", "--once", verbosity=2, stdout=out)
    call_command("clock", "--once", verbosity=2, stdout=out)
    assert out.getvalue() == "often\nseldom\n"


def test_the_hubs_own_jobs_run(db: None) -> None:
    names = [job.name for job in clock_jobs()]
    assert {"cms.publish_scheduled", "cms.webhooks", "cms.forget_tasks", "newsletters.sweep"} <= set(names)
    assert list(run_due(clock_jobs(), clock=lambda: NOW)) == names


def test_old_tasks_are_forgotten_and_those_whose_worker_died(db: None) -> None:
    days = {"fresh": 1, "old": 15}
    now = datetime.now(tz=UTC)
    for task, age in days.items():
        at = now - timedelta(days=age)
        DBTaskResult.objects.create(task_path=task, args_kwargs={}, status="SUCCESSFUL", run_after=at, finished_at=at)
    for task, hours in {"running": 1, "died": 30}.items():
        at = now - timedelta(hours=hours)
        DBTaskResult.objects.create(task_path=task, args_kwargs={}, status="RUNNING", run_after=at, started_at=at)
    DBTaskResult.objects.create(task_path="waits", args_kwargs={}, run_after=now - timedelta(days=30))
    core.forget_tasks()
    assert set(DBTaskResult.objects.values_list("task_path", flat=True)) == {"fresh", "running", "waits"}
