"""Signs of life from a worker that waits for a mail server's answer, which can take ten minutes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import Error as DatabaseProblem
from django.db import connections

from newsletters.conf import conf
from newsletters.sending import ledger
from newsletters.sending.ledger.lease import Lease

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(*, worker: str, lease: Lease, every_seconds: float | None = None) -> Iterator[None]:
    """Renew the worker's lease for as long as the process is awake, from a thread with its own connection."""
    stop = Event()
    beat = every_seconds or conf.LEASE_SECONDS / 3
    thread = Thread(target=_beat, args=(worker, lease, stop, beat), name=f"heartbeat of {worker}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(worker: str, lease: Lease, stop: Event, every_seconds: float) -> None:
    while not stop.wait(every_seconds):
        moment = lease.now()
        try:
            ledger.renew(worker=worker, now=moment.at)
            lease.renew(moment)
        except DatabaseProblem as error:
            logger.warning("Worker %s could not give a sign of life: %s", worker, error)
        finally:
            connections.close_all()
