"""Whether a task is in its queue already, so that sweeps do not pile up tasks while no worker runs."""

from __future__ import annotations

import logging

from django_tasks_db import DatabaseBackend

from cms.background.compat import Task, task_backends

logger = logging.getLogger(__name__)


def is_waiting(task: Task, *args: int) -> bool:
    """Return whether such a task waits for a worker, not for a later time; False if the engine cannot tell."""
    backend = task_backends[task.backend]
    try:
        if isinstance(backend, DatabaseBackend):
            return _is_waiting_in_database(task, args)
        return hasattr(backend, "is_waiting") and bool(backend.is_waiting(task, args))
    except Exception:
        logger.exception("The queue of %s cannot be read", task.name)
        return False


def _is_waiting_in_database(task: Task, args: tuple[int, ...]) -> bool:
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  # needs the app registry

    wanted = {"args": list(args), "kwargs": {}}
    return DBTaskResult.objects.ready().filter(task_path=task.module_path, args_kwargs=wanted).exists()
