"""Send some of a dispatch's deliveries: the entry point of the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from random import random

from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.engine.batch import Batch, Strategy
from newsletters.sending.engine.heartbeat import heartbeat
from newsletters.sending.engine.judging import Judge
from newsletters.sending.engine.one_by_one import OneByOne
from newsletters.sending.engine.pausing import note_server_down
from newsletters.sending.engine.pieces import Pieces
from newsletters.sending.ledger.lease import Lease, seconds_since_boot
from newsletters.sending.ledger.pacing import Pace
from newsletters.sending.mails.message import require_sender
from newsletters.sending.mails.prepared import PreparedEditions
from newsletters.sending.patience import Patience
from newsletters.sending.transport.reconnecting import ReconnectingTransport
from newsletters.sending.transport.seam import ReplyLost, Transport, TransportDown
from newsletters.values.remarks import Remark


def send_batch(
    dispatch: Dispatch,
    *,
    transport: Transport,
    worker: str,
    clock: Callable[[], datetime],
    jitter: ledger.Jitter = random,
    should_stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
    since_boot: Callable[[], float] = seconds_since_boot,
) -> int:
    """Claim and send up to BATCH_SIZE deliveries; return how many were handled.

    They are sent one by one, or in pieces if the transport takes several (`most`) mails in one request. `should_stop`
    is called between two messages: once it returns true, nothing more is sent and the rest of the claim is put back.

    A failure of one mail is recorded on its row. A failure of the server is recorded on the dispatch, which waits or
    pauses; nothing is lost, and no error is raised.
    """
    connection = ReconnectingTransport(transport, should_stop=should_stop)
    lease = Lease(clock=clock, since_boot=since_boot)
    patience = Patience(seconds=conf.LEASE_SECONDS, sleep=sleep)
    batch = Batch(
        dispatch=dispatch,
        connection=connection,
        editions=PreparedEditions(newsletter=dispatch.newsletter, clock=clock, patience=patience),
        patience=patience,
        worker=worker,
        clock=clock,
        lease=lease,
        judge=Judge(dispatch=dispatch, worker=worker, clock=clock, jitter=jitter),
        should_stop=should_stop,
        pace=Pace(clock=clock, sleep=sleep),
        checked_at=clock(),
    )
    strategy: Strategy = OneByOne() if transport.most == 1 else Pieces(most=transport.most)
    try:
        require_sender(dispatch.newsletter)
        with heartbeat(worker=worker, lease=lease):
            batch.run(strategy)
    except TransportDown as error:
        note_server_down(dispatch, error, now=clock())
    except ReplyLost as error:
        # One delivery is uncertain. Sending on at once could make many uncertain if the server is sick.
        note_server_down(dispatch, TransportDown(Remark.ANSWER_LOST.with_detail(error)), now=clock())
    finally:
        connection.close()
    ledger.finish_if_done(dispatch, now=clock())
    return batch.taken_up
