"""RQ on Redis as the engine for background work; imported only where HUB_TASK_BACKEND names it.

RQ knows no priorities: its workers empty one queue after the other, in the order of QUEUES.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Sequence
from types import FrameType

from django_rq import get_queue
from django_rq.workers import get_worker
from django_tasks_rq import RQBackend
from redis.exceptions import RedisError
from rq import Worker
from rq.exceptions import StopRequested

from cms.background.compat import Task
from cms.background.stopping import tell_process

logger = logging.getLogger(__name__)

QUEUES = ("mails", "default")
TRY_AGAIN_SECONDS = 2
MOST_LOOKED_AT = 200  # tasks at the head of a queue


class RedisBackend(RQBackend):
    """RQ; that priorities are taken means that they are known not to count: the queues say what comes first."""

    supports_priority = True

    def is_waiting(self, task: Task, args: Sequence[object]) -> bool:
        """Say whether such a task waits for a worker; where very many do, no other is missed, so then too."""
        queue = get_queue(task.queue_name, job_class="django_tasks_rq.Job")
        waiting = queue.get_jobs(0, MOST_LOOKED_AT)
        same = any(job.func.module_path == task.module_path and list(job.args) == list(args) for job in waiting)
        return same or len(waiting) == MOST_LOOKED_AT


class RedisWorker(Worker):
    """A worker that ends when it is told to, and whose job hears of it and may end early instead of being cut off."""

    is_told_to_end = False
    is_working = False

    def execute_job(self, *arguments: object) -> object:
        """Remember that a job is being done: after an outage of Redis, RQ's own note of it can be wrong."""
        self.is_working = True
        try:
            return super().execute_job(*arguments)
        finally:
            self.is_working = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Pass the signal on to the process that does the job, then end when that has ended."""
        self.is_told_to_end = True
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
        if not self.is_working:
            raise StopRequested
        super().request_stop(signum, frame)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Cut the job off only for someone who presses Ctrl+C twice; supervisors send SIGTERM more than once."""
        if signum != signal.SIGTERM:
            super().request_force_stop(signum, frame)

    def setup_work_horse_signals(self) -> None:
        """Let the job itself decide what a SIGTERM means; one that does not care is short and is finished."""
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, tell_process)


def run_worker() -> None:
    """Work until told to end. While Redis cannot be reached RQ's worker gives up sooner or later: then begin anew."""
    with contextlib.suppress(StopRequested):
        while True:
            try:
                worker = get_worker(*QUEUES, worker_class=RedisWorker, job_class="django_tasks_rq.Job")
                worker.work(with_scheduler=True, logging_level="WARNING")
            except RedisError as error:
                logger.warning("Redis cannot be reached: %s", error)
            else:
                if worker.is_told_to_end:
                    return
            time.sleep(TRY_AGAIN_SECONDS)
