"""The clock runs the plugins' periodic jobs, each at its own interval, and never in two clocks at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from cms.models import ClockEntry
from cms.plugins import ClockJob
from cms.plugins.fences import noting
from cms.plugins.registry import plugins

logger = logging.getLogger(__name__)

SHORTEST_LEASE_SECONDS = 60  # a job that takes less than this is never run by two clocks at once


def clock_jobs() -> list[ClockJob]:
    """Return the jobs of all plugins."""
    return [job for plugin in plugins() for job in plugin.clock]


def run_due(jobs: Sequence[ClockJob], *, clock: Callable[[], datetime]) -> Iterator[str]:
    """Run the jobs that are due and yield the name of each; a failure is logged, and the job runs again next time.

    Raises the database's error if it cannot be asked which jobs are due.
    """
    entries = {entry.name: entry for entry in ClockEntry.objects.all()}
    for job in jobs:
        every = timedelta(seconds=job.every_seconds)
        lease = max(every, timedelta(seconds=SHORTEST_LEASE_SECONDS))
        entry = entries.get(job.name) or _new_entry(job, now=clock())
        if not entry.may_be_due(every=every, now=clock()) or not entry.take(every=every, lease=lease, now=clock()):
            continue
        try:
            with noting("clock job", of=job, about=job.name):
                job.run()
        except Exception:  # its traceback is in the log already
            logger.warning("The clock job %s failed; it runs again in %s s", job.name, job.every_seconds)
        entry.done(every=every, now=clock())
        yield job.name


def _new_entry(job: ClockJob, *, now: datetime) -> ClockEntry:
    return ClockEntry.objects.get_or_create(name=job.name, defaults={"due_at": now})[0]
