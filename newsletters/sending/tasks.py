"""Delivery in the background: a task carries only keys, may run twice, and does a bounded amount of work."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from secrets import token_hex

from django.db import Error as DatabaseProblem
from django.db.models import Q
from django.utils import timezone

from cms.background.compat import task
from cms.background.queue_probe import is_waiting
from cms.background.stopping import asked_to_stop
from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.ledger import worker_slots
from newsletters.sending.ledger.status import due_deliveries
from newsletters.sending.transport.seam import configured_transport

logger = logging.getLogger(__name__)

PRIORITY = 10  # ahead of pictures and other work: by priority in the database, by the order of queues on Redis


@task(backend="background", queue_name="mails", priority=PRIORITY)
def deliver(dispatch_pk: int, turn_pk: int) -> int:
    """Send one batch of a dispatch and pass the turn on while there is more; return how many deliveries it handled."""
    dispatch = Dispatch.objects.select_related("newsletter").filter(pk=dispatch_pk).first()
    if dispatch is None or not worker_slots.keep(turn_pk, now=timezone.now()):
        return 0
    worker = f"{socket.gethostname()[:20]}:{os.getpid()}:{token_hex(4)}"
    with asked_to_stop() as must_end:
        transport, should_stop = configured_transport(), _stop_check(turn_pk, must_end=must_end)
        sent = send_batch(dispatch, transport=transport, worker=worker, clock=timezone.now, should_stop=should_stop)
        may_go_on = bool(sent or must_end())
    if may_go_on and _workers_wanted(dispatch) and worker_slots.pass_on(turn_pk, now=timezone.now()):
        _enqueue(dispatch, turn_pk)
    else:
        worker_slots.give_back(turn_pk)
    return sent


def start_workers(dispatch: Dispatch) -> int:
    """Start the delivery tasks that the dispatch has work for and does not have yet; return how many."""
    wanted = _workers_wanted(dispatch)
    if not wanted:
        return 0
    keys = worker_slots.hand_out(
        dispatch, wanted=wanted, now=timezone.now(), still_waits=lambda key: is_waiting(deliver, dispatch.pk, key)
    )
    return sum(_enqueue(dispatch, key) for key in keys)


def _enqueue(dispatch: Dispatch, turn_pk: int) -> bool:
    """Put a turn's task into the queue; if the queue cannot be reached, leave it to the sweeper and return False."""
    try:
        deliver.enqueue(dispatch.pk, turn_pk)
    except Exception:
        logger.exception("Dispatch %s waits: its task cannot be put into the queue", dispatch.pk)
        worker_slots.give_back(turn_pk)
        return False
    return True


def _stop_check(turn_pk: int, *, must_end: Callable[[], bool]) -> Callable[[], bool]:
    """Return a function that says whether to stop: the process must end, or the turn is gone. It also renews the turn.

    While the database is unavailable, the worker continues: it may hold an answer that is not recorded yet.
    """
    kept_at = timezone.now()

    def should_stop() -> bool:
        nonlocal kept_at
        now = timezone.now()
        if now - kept_at < timedelta(seconds=conf.TURN_SECONDS / 3):
            return must_end()
        kept_at = now
        try:
            return must_end() or not worker_slots.keep(turn_pk, now=now)
        except DatabaseProblem as error:
            logger.warning("Turn %s cannot be renewed: %s", turn_pk, error)
            return must_end()

    return should_stop


def _workers_wanted(dispatch: Dispatch) -> int:
    """Return how many workers have work now: one for each claim's worth of due deliveries."""
    now = timezone.now()
    is_not_waiting = Q(dispatch__retry_at=None) | Q(dispatch__retry_at__lte=now)
    due = due_deliveries(dispatch, now=now).filter(is_not_waiting, dispatch__status=Dispatch.Status.SENDING)
    return -(-due[: conf.CLAIM_SIZE * conf.WORKERS_PER_DISPATCH].count() // conf.CLAIM_SIZE)
