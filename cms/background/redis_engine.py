"""RQ on Redis as the engine for background work; imported only if HUB_TASK_BACKEND names it.

RQ has no priorities: its workers empty one queue after the other, in the order of QUEUES.
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
from cms.background.stopping import ask_process_to_stop

logger = logging.getLogger(__name__)

QUEUES = ("mails", "default")
TRY_AGAIN_SECONDS = 2
MOST_LOOKED_AT = 200  # tasks at the front of a queue


class RedisBackend(RQBackend):
    """RQ; it accepts a task's priority but ignores it: the order of the queues decides."""

    supports_priority = True

    def is_waiting(self, task: Task, args: Sequence[object]) -> bool:
        """Return whether such a task waits for a worker; also True if the queue is too long to search."""
        queue = get_queue(task.queue_name, job_class="django_tasks_rq.Job")
        waiting = queue.get_jobs(0, MOST_LOOKED_AT)
        same = any(job.func.module_path == task.module_path and list(job.args) == list(args) for job in waiting)
        return same or len(waiting) == MOST_LOOKED_AT


class RedisWorker(Worker):
    """A worker that stops when asked to; its job is notified and may end early instead of being killed."""

    is_asked_to_stop = False
    is_working = False

    def execute_job(self, *arguments: object) -> object:
        """Remember that a job is running: after an outage of Redis, RQ's own record of it can be wrong."""
        self.is_working = True
        try:
            return super().execute_job(*arguments)
        finally:
            self.is_working = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Pass the signal on to the process that runs the job, and stop once that process has ended."""
        self.is_asked_to_stop = True
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
        if not self.is_working:
            raise StopRequested
        super().request_stop(signum, frame)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Kill the job only if someone presses Ctrl+C twice; supervisors send SIGTERM more than once."""
        if signum != signal.SIGTERM:
            super().request_force_stop(signum, frame)

    def setup_work_horse_signals(self) -> None:
        """Let the job decide what to do on SIGTERM; a job that ignores it is short, and finishes."""
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, ask_process_to_stop)


def run_worker() -> None:
    """Work until asked to stop. If RQ's worker gives up because Redis cannot be reached, start a new one."""
    with contextlib.suppress(StopRequested):
        while True:
            try:
                worker = get_worker(*QUEUES, worker_class=RedisWorker, job_class="django_tasks_rq.Job")
                worker.work(with_scheduler=True, logging_level="WARNING")
            except RedisError as error:
                logger.warning("Redis cannot be reached: %s", error)
            else:
                if worker.is_asked_to_stop:
                    return
            time.sleep(TRY_AGAIN_SECONDS)
