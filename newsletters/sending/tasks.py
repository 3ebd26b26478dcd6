"""Delivery in the background: tasks carry keys only, may run twice, and do one bounded piece."""

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
from cms.background.stopping import told_to_stop
from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.ledger import worker_slots
from newsletters.sending.ledger.status import due_deliveries
from newsletters.sending.transport.seam import configured_transport

logger = logging.getLogger(__name__)

PRIORITY = 10  # before pictures and other work: by priority in the database, by the order of queues on Redis


@task(backend="background", queue_name="mails", priority=PRIORITY)
def deliver(dispatch_pk: int, turn_pk: int) -> int:
    """Send one batch of a dispatch and pass the turn on while there is more; return how many were taken up."""
    dispatch = Dispatch.objects.select_related("newsletter").filter(pk=dispatch_pk).first()
    if dispatch is None or not worker_slots.keep(turn_pk, now=timezone.now()):
        return 0
    worker = f"{socket.gethostname()[:20]}:{os.getpid()}:{token_hex(4)}"
    with told_to_stop() as told:
        transport, should_stop = configured_transport(), _asked_between_mails(turn_pk, told=told)
        sent = send_batch(dispatch, transport=transport, worker=worker, clock=timezone.now, should_stop=should_stop)
        may_go_on = bool(sent or told())
    if may_go_on and _workers_wanted(dispatch) and worker_slots.pass_on(turn_pk, now=timezone.now()):
        _enqueue(dispatch, turn_pk)
    else:
        worker_slots.give_back(turn_pk)
    return sent


def start_workers(dispatch: Dispatch) -> int:
    """Start as many delivery tasks as the dispatch has work for and lacks; return how many."""
    wanted = _workers_wanted(dispatch)
    if not wanted:
        return 0
    keys = worker_slots.hand_out(
        dispatch, wanted=wanted, now=timezone.now(), still_waits=lambda key: is_waiting(deliver, dispatch.pk, key)
    )
    return sum(_enqueue(dispatch, key) for key in keys)


def _enqueue(dispatch: Dispatch, turn_pk: int) -> bool:
    """Put a turn's task into the queue; if the engine cannot be reached, leave it to the sweeper and return False."""
    try:
        deliver.enqueue(dispatch.pk, turn_pk)
    except Exception:
        logger.exception("Dispatch %s waits: its task cannot be put into the queue", dispatch.pk)
        worker_slots.give_back(turn_pk)
        return False
    return True


def _asked_between_mails(turn_pk: int, *, told: Callable[[], bool]) -> Callable[[], bool]:
    """Return what says whether to stop: if the process was told to, or the turn was taken away; it keeps the turn.

    While the database cannot say, the worker goes on: it may hold an answer that is not recorded yet.
    """
    kept_at = timezone.now()

    def should_stop() -> bool:
        nonlocal kept_at
        now = timezone.now()
        if now - kept_at < timedelta(seconds=conf.TURN_SECONDS / 3):
            return told()
        kept_at = now
        try:
            return told() or not worker_slots.keep(turn_pk, now=now)
        except DatabaseProblem as error:
            logger.warning("Turn %s cannot be kept: %s", turn_pk, error)
            return told()

    return should_stop


def _workers_wanted(dispatch: Dispatch) -> int:
    """Return for how many workers there is work now: one for each claim's worth of deliveries that are due."""
    now = timezone.now()
    goes_on = Q(dispatch__retry_at=None) | Q(dispatch__retry_at__lte=now)
    due = due_deliveries(dispatch, now=now).filter(goes_on, dispatch__status=Dispatch.Status.SENDING)
    return -(-due[: conf.CLAIM_SIZE * conf.WORKERS_PER_DISPATCH].count() // conf.CLAIM_SIZE)
