"""One batch on its way: what a worker claims, how it looks what may still go, and how it records what came of it."""

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

Prepared: TypeAlias = PreparedMail | MessageUnsendable  # a mail, or why there is none

# How often a worker looks whether readers have left, staff have paused or a limit has changed since its claim.
LOOK_EVERY = timedelta(seconds=1)


class Strategy(Protocol):
    """In which way the copies of a claim are handed over."""

    def send(self, copies: list[Copy], *, batch: Batch) -> None:
        """Send what of these copies may go; raise TransportDown or ReplyLost if nothing more can follow."""


@dataclass(kw_only=True)
class Batch:
    """What a worker takes up in one go, and everything that it needs for that."""

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
    looked_at: datetime
    taken_up: int = 0
    left: set[int] = field(default_factory=set)  # of the claim, as far as was seen when it was looked at last

    def run(self, strategy: Strategy) -> None:
        """Claim and send until the batch is full, nothing is due, or it is told to stop.

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
                self.left, self.looked_at = set(keys), self.clock()
                strategy.send(load_copies(keys, dispatch=self.dispatch), batch=self)
            finally:
                ledger.put_back(keys, worker=self.worker, status=Delivery.Status.CLAIMED, now=self.clock())

    def prepare(self, copy: Copy) -> Prepared:
        """Return the mail of this copy, or why there is none."""
        try:
            return self.editions.prepare(copy)
        except MessageUnsendable as error:
            return error

    def has_to_wait(self, copy: Copy) -> bool:
        """Say whether its domain asked to be left alone; if so, record that it waits."""
        if not self.judge.domains.is_open(copy.email):
            return False
        # With patience: what became of the mail before may not be recorded yet.
        self.patience.insist(
            lambda: ledger.hold_back(
                copy.key, worker=self.worker, why=Remark.DOMAIN_WAITS, now=self.clock(), jitter=self.judge.jitter
            )
        )
        self.taken_up += 1
        return True

    def settle(self, outcome: Outcome) -> None:
        """Record what became of a delivery, when no other follows."""

        def record() -> None:
            with transaction.atomic():
                self.record(outcome)

        self.patience.insist(record)

    def record(self, outcome: Outcome) -> None:
        """Record what became of a delivery, in a transaction of the caller's."""
        if isinstance(outcome, ledger.Taken):
            ledger.accept(outcome.key, worker=self.worker, reply=outcome.reply, now=self.clock())
        else:
            outcome()

    def take_back(self, keys: list[int]) -> Settle:
        """Return what is to be recorded of what took off and was held back, most likely because this worker slept."""
        logger.warning("Worker %s lost its lease, or is to stop: it hung up at deliveries %s", self.worker, keys)
        return lambda: ledger.take_back(keys, worker=self.worker, now=self.clock())

    def is_over(self) -> bool:
        """Say whether nothing more of this claim goes; look now and then what may."""
        if not timedelta() <= self.clock() - self.looked_at < LOOK_EVERY:
            self.look_what_is_left()
        return not self.left or self.should_stop()

    def look_what_is_left(self) -> None:
        """Ask what of this claim may still go: each mail that is held back costs a connection and its whole content.

        Nothing may under limits that somebody has changed since, or after the end of a window: it is claimed anew.
        """
        self.looked_at = now = self.clock()

        def look() -> set[int]:
            if not self.lease.holds():
                return set()
            if not ledger.still_holds(self.dispatch.newsletter_id, terms=self.pace.terms, now=now):
                return set()
            return ledger.left_to_send(list(self.left), worker=self.worker, now=now)

        self.left = self.patience.insist(look)
