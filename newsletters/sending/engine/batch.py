"""One batch: what a worker claims, how it checks what may still be sent, and how it records the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from django.db import transaction

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.sending import ledger
from newsletters.sending.engine.judging import Judge, Outcome, Settle
from newsletters.sending.ledger.lease import Lease
from newsletters.sending.ledger.pacing import Pace
from newsletters.sending.mails.prepared import PreparedEditions, PreparedMail
from newsletters.sending.mails.recipient_rows import Copy, load_copies
from newsletters.sending.patience import Patience
from newsletters.sending.transport.reconnecting import ReconnectingTransport
from newsletters.sending.transport.seam import MessageUnsendable
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

Prepared: TypeAlias = PreparedMail | MessageUnsendable  # a mail, or why it could not be made

# How often a worker checks whether readers unsubscribed, staff paused or a limit changed since its claim.
CHECK_EVERY = timedelta(seconds=1)


class Strategy(Protocol):
    """How the copies of a claim are sent: one by one, or many in one request."""

    def send(self, copies: list[Copy], *, batch: Batch) -> None:
        """Send those copies that may be sent; raise TransportDown or ReplyLost if the batch cannot continue."""


@dataclass(kw_only=True)
class Batch:
    """What a worker sends in one task, and everything it needs to do so."""

    dispatch: Dispatch
    connection: ReconnectingTransport
    editions: PreparedEditions
    patience: Patience
    worker: str
    clock: Callable[[], datetime]
    lease: Lease
    judge: Judge
    should_stop: Callable[[], bool]
    pace: Pace
    checked_at: datetime
    taken_up: int = 0
    left: set[int] = field(default_factory=set)  # what of the claim could still be sent at the last check

    def run(self, strategy: Strategy) -> None:
        """Claim and send until the batch is full, nothing is due, or the worker has to stop.

        Raises TransportDown or ReplyLost.
        """
        while self.taken_up < conf.BATCH_SIZE and not self.should_stop():
            asked = self.lease.now()
            keys = ledger.claim(self.dispatch, worker=self.worker, now=asked.at, pace=self.pace)
            self.lease.begin(asked)
            if not keys:
                self.judge.blame_if_alone()
                return
            try:
                self.connection.open()
                ledger.stop_waiting(self.dispatch)
                self.left, self.checked_at = set(keys), self.clock()
                strategy.send(load_copies(keys, dispatch=self.dispatch), batch=self)
            finally:
                ledger.put_back(keys, worker=self.worker, status=Delivery.Status.CLAIMED, now=self.clock())

    def prepare(self, copy: Copy) -> Prepared:
        """Return the mail of this copy, or why it cannot be made."""
        try:
            return self.editions.prepare(copy)
        except MessageUnsendable as error:
            return error

    def has_to_wait(self, copy: Copy) -> bool:
        """Say whether the copy's domain asked to slow down; if so, defer the delivery."""
        if not self.judge.domains.is_open(copy.email):
            return False
        # With patience: the outcome of the previous mail may not be recorded yet.
        self.patience.insist(
            lambda: ledger.hold_back(
                copy.key, worker=self.worker, why=Remark.DOMAIN_WAITS, now=self.clock(), jitter=self.judge.jitter
            )
        )
        self.taken_up += 1
        return True

    def settle(self, outcome: Outcome) -> None:
        """Record what became of a delivery when no other one follows."""

        def record() -> None:
            with transaction.atomic():
                self.record(outcome)

        self.patience.insist(record)

    def record(self, outcome: Outcome) -> None:
        """Record what became of a delivery, in the caller's transaction."""
        if isinstance(outcome, ledger.Accepted):
            ledger.accept(outcome.key, worker=self.worker, reply=outcome.reply, now=self.clock())
        else:
            outcome()

    def take_back(self, keys: list[int]) -> Settle:
        """Return how to record deliveries that took off and were held back, most likely because this worker slept."""
        logger.warning("Worker %s lost its lease or has to stop: it hung up on deliveries %s", self.worker, keys)
        return lambda: ledger.take_back(keys, worker=self.worker, now=self.clock())

    def is_over(self) -> bool:
        """Say whether nothing more of this claim may be sent; check that now and then."""
        if not timedelta() <= self.clock() - self.checked_at < CHECK_EVERY:
            self.check_what_is_left()
        return not self.left or self.should_stop()

    def check_what_is_left(self) -> None:
        """Ask the ledger what of this claim may still be sent: holding a mail back costs the connection.

        Once somebody has changed the limits, or a window has ended, nothing may: the deliveries are claimed again.
        """
        self.checked_at = now = self.clock()

        def check() -> set[int]:
            if not self.lease.holds():
                return set()
            if not ledger.still_holds(self.dispatch.newsletter_id, terms=self.pace.terms, now=now):
                return set()
            return ledger.left_to_send(list(self.left), worker=self.worker, now=now)

        self.left = self.patience.insist(check)
