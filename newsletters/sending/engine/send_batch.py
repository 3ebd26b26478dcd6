"""Send some of a dispatch's deliveries over one connection, one commit per message."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import random

from django.db import transaction

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.publications.staff_mail import tell_paused
from newsletters.sending import ledger
from newsletters.sending.engine.breakers import DomainBreaker, RefusalBreaker
from newsletters.sending.engine.heartbeat import heartbeat
from newsletters.sending.ledger.lease import Lease, LeasedTakeOff, seconds_since_boot
from newsletters.sending.ledger.pacing import Pace
from newsletters.sending.ledger.status import due_deliveries
from newsletters.sending.mails.message import require_sender
from newsletters.sending.mails.prepared import PreparedEditions, PreparedMail
from newsletters.sending.mails.recipient_rows import Copy, load_copies
from newsletters.sending.patience import Patience
from newsletters.sending.transport.reconnecting import Line
from newsletters.sending.transport.seam import (
    ConnectionDropped,
    HeldBack,
    MakingFailed,
    MessageUnsendable,
    Reply,
    ReplyLost,
    Transport,
    TransportDown,
)
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

Settle = Callable[[], None]
_Outcome = Settle | ledger.Taken  # what became of a delivery, to be recorded with the next step
_Prepared = PreparedMail | MessageUnsendable

# So many mails in a row that fail in the same way, with no answer in between, are no longer these mails' fault.
MOST_IN_A_ROW = 3
# How often a worker looks whether readers have left, staff have paused or a limit has changed since its claim.
LOOK_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class _HungUp:
    """A delivery at which the server hung up on a new connection, with its last words; `is_new` the first time."""

    key: int
    words: str
    is_new: bool


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
    kind: Callable[..., Batch] | None = None,
) -> int:
    """Claim and send up to BATCH_SIZE deliveries; return how many were taken up.

    `should_stop` is asked between two messages: once it says yes, nothing more is taken up and the rest put back.

    What goes wrong with one mail is recorded on its row. What goes wrong with the server is recorded on the
    dispatch, which waits or pauses; nothing is lost and nothing raised.
    """
    line, lease = Line(transport, should_stop=should_stop), Lease(clock=clock, since_boot=since_boot)
    patience = Patience(seconds=conf.LEASE_SECONDS, sleep=sleep)
    batch = (kind or Batch)(
        dispatch=dispatch,
        line=line,
        editions=PreparedEditions(newsletter=dispatch.newsletter, clock=clock, patience=patience),
        patience=patience,
        worker=worker,
        clock=clock,
        lease=lease,
        jitter=jitter,
        should_stop=should_stop,
        pace=Pace(clock=clock, sleep=sleep),
        looked_at=clock(),
    )
    try:
        require_sender(dispatch.newsletter)
        with heartbeat(worker=worker, lease=lease):
            batch.run()
    except TransportDown as error:
        _note_server_down(dispatch, error, now=clock())
    except ReplyLost as error:
        # That one row is uncertain. Were the next ones to follow at once, a sick server could make many so.
        _note_server_down(dispatch, TransportDown(Remark.ANSWER_LOST.with_detail(error)), now=clock())
    finally:
        line.close()
    ledger.finish_if_done(dispatch, now=clock())
    return batch.taken_up


@dataclass(kw_only=True)
class Batch:
    """One batch on its way.

    `hung_up` are those at which the server hung up since it answered last. They are set aside. If it then answers
    another one, or there is no other one to ask about, it was they; if it hangs up at one new delivery after the
    other, it is the server, and nobody is blamed.
    """

    dispatch: Dispatch
    line: Line
    editions: PreparedEditions
    patience: Patience
    worker: str
    clock: Callable[[], datetime]
    lease: Lease
    jitter: ledger.Jitter
    should_stop: Callable[[], bool]
    pace: Pace
    looked_at: datetime
    taken_up: int = 0
    failed: int = 0  # how many mails the program itself failed at since the server answered last
    hung_up: list[_HungUp] = field(default_factory=list)
    domains: DomainBreaker = field(default_factory=DomainBreaker)
    refusals: RefusalBreaker = field(default_factory=lambda: RefusalBreaker(most_percent=conf.MOST_REFUSED_PERCENT))
    left: set[int] = field(default_factory=set)  # of the claim, as far as was seen when it was looked at last

    def run(self) -> None:
        """Claim and send until the batch is full, nothing is due, or it is told to stop.

        Raises TransportDown or ReplyLost.
        """
        while self.taken_up < conf.BATCH_SIZE and not self.should_stop():
            asked = self.lease.now()
            keys = ledger.claim(self.dispatch, worker=self.worker, now=asked.at, pace=self.pace)
            self.lease.begin(asked)
            if not keys:
                self._blame_if_alone()
                return
            try:
                self.line.open()
                ledger.stop_waiting(self.dispatch)
                self.left, self.looked_at = set(keys), self.clock()
                self._send(load_copies(keys, dispatch=self.dispatch))
            finally:
                ledger.put_back(keys, worker=self.worker, status=Delivery.Status.CLAIMED, now=self.clock())

    def _send(self, copies: list[Copy]) -> None:
        """Send one after the other; each commit says what became of the last one and that the next is in flight."""
        outcome: _Outcome = _nothing_to_settle
        for copy, mail, following in self._with_following(copies):
            if copy.key not in self.left:
                continue
            if self.domains.is_open(copy.email):
                self._hold_back(copy)
                continue
            if self.pace.must_wait:
                self._settle(outcome)
                outcome = _nothing_to_settle
            self.pace.wait(unless=self._is_over)
            if self._is_over():
                break
            if copy.key not in self.left:
                continue
            if self._is_hopeless():
                self._settle(outcome)
                self._give_up()
            record = partial(self._record_take_off, copy.key, after=outcome)
            take_off = LeasedTakeOff(record, lease=self.lease)
            announced = following if self._may_announce(following) else None
            outcome = self._send_one(copy, mail, following=announced, take_off=take_off)
        self._settle(outcome)

    def _may_announce(self, following: PreparedMail | None) -> bool:
        """Say whether the next mail goes at once: no server waits long for the content of one that was announced."""
        if following is None or following.copy.key not in self.left:
            return False
        return not (self.pace.must_wait or self.domains.is_open(following.copy.email))

    def _record_take_off(self, key: int, *, after: _Outcome) -> bool:
        """Record what became of the last one, and that this one is in flight, in one commit.

        Not if the worker was told to stop while a slow server made it wait for this.
        """
        if self.should_stop():
            self._settle(after)
            return False
        tries = 0

        def record() -> bool:
            nonlocal tries
            tries += 1
            flies = self._record_both(after, key)
            return flies or (tries > 1 and ledger.is_in_flight(key, worker=self.worker))

        flies = self.patience.insist(record)
        self.taken_up += flies
        return flies

    def _record_both(self, outcome: _Outcome, key: int) -> bool:
        now = self.clock()
        if isinstance(outcome, ledger.Taken):
            return ledger.step(outcome, then=key, worker=self.worker, now=now)
        with transaction.atomic():
            outcome()
            return ledger.put_in_flight(key, worker=self.worker, now=now)

    def _hold_back(self, copy: Copy) -> None:
        why = Remark.DOMAIN_WAITS
        # With patience: what became of the mail before may not be recorded yet.
        self.patience.insist(
            lambda: ledger.hold_back(copy.key, worker=self.worker, why=why, now=self.clock(), jitter=self.jitter)
        )
        self.taken_up += 1

    def _settle(self, outcome: _Outcome) -> None:
        """Record what became of the last one, when no other follows."""

        def record() -> None:
            with transaction.atomic():
                if isinstance(outcome, ledger.Taken):
                    ledger.accept(outcome.key, worker=self.worker, reply=outcome.reply, now=self.clock())
                else:
                    outcome()

        self.patience.insist(record)

    def _with_following(self, copies: list[Copy]) -> Iterator[tuple[Copy, _Prepared, PreparedMail | None]]:
        """Return each copy, its mail or why there is none, and the mail that comes after it; two exist at a time."""
        rest = iter(copies)
        copy = next(rest, None)
        mail = self._prepare(copy) if copy else None
        while copy is not None and mail is not None:
            next_copy = next(rest, None)
            next_mail = self._prepare(next_copy) if next_copy else None
            yield copy, mail, next_mail if isinstance(next_mail, PreparedMail) else None
            copy, mail = next_copy, next_mail

    def _prepare(self, copy: Copy) -> _Prepared:
        try:
            return self.editions.prepare(copy)
        except MessageUnsendable as error:
            return error

    def _is_hopeless(self) -> bool:
        return max(self.failed, sum(one.is_new for one in self.hung_up)) >= MOST_IN_A_ROW

    def _give_up(self) -> None:
        if self.failed >= MOST_IN_A_ROW:
            raise TransportDown(Remark.SENDING_FAILED, is_our_fault=True)
        raise TransportDown(Remark.HUNG_UP.with_detail(self.hung_up[-1].words))

    def _send_one(
        self, copy: Copy, mail: _Prepared, *, following: PreparedMail | None, take_off: LeasedTakeOff
    ) -> _Outcome:
        """Hand over one delivery; return what is to be recorded together with the next step.

        Whatever comes of it, it took off: what became of the last one is recorded by then, and this one is in flight.
        """
        try:
            if isinstance(mail, MessageUnsendable):
                raise mail
            reply = self.line.hand_over(mail, following=following, take_off=take_off)
        except HeldBack:
            self._look_what_is_left()
            return self._take_back([copy.key]) if take_off.is_in_flight() else _nothing_to_settle
        except Exception as error:
            if take_off.has_failed:
                raise
            return self._judge_failure(copy, error) if take_off.is_in_flight() else _nothing_to_settle
        return self._judge(copy, reply)

    def _take_back(self, keys: list[int]) -> Settle:
        """Return what is to be recorded of what took off and was held back, most likely because this worker slept."""
        logger.warning("Worker %s lost its lease, or is to stop: it hung up at deliveries %s", self.worker, keys)
        return lambda: ledger.take_back(keys, worker=self.worker, now=self.clock())

    def _is_over(self) -> bool:
        """Say whether nothing more of this claim goes; look now and then what may."""
        if not timedelta() <= self.clock() - self.looked_at < LOOK_EVERY:
            self._look_what_is_left()
        return not self.left or self.should_stop()

    def _look_what_is_left(self) -> None:
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

    def _judge_failure(self, copy: Copy, error: Exception) -> Settle:
        """Return what is to be recorded of a delivery without an answer; raise what says that no other can follow."""
        key = copy.key
        match error:
            case MessageUnsendable():
                self.failed += isinstance(error, MakingFailed)
                why = str(error)
                return lambda: ledger.exclude_unsendable(key, worker=self.worker, why=why, now=self.clock())
            case ConnectionDropped():
                return self._set_aside(_HungUp(key=key, words=str(error), is_new=copy.is_new))
            case TransportDown():
                # Nothing was handed over.
                self._settle(lambda: ledger.take_back([key], worker=self.worker, now=self.clock()))
                raise error
            case ReplyLost():
                why = Remark.ANSWER_LOST.with_detail(error)
                self._settle(lambda: ledger.mark_uncertain(key, worker=self.worker, why=why, now=self.clock()))
                raise error
        # A transport may raise anything, also after it handed the mail over: only a person can tell.
        logger.error("Delivery %s failed while it was sent", key, exc_info=error)
        self.failed += 1
        return lambda: ledger.mark_uncertain(key, worker=self.worker, why=Remark.SENDING_FAILED, now=self.clock())

    def _judge(self, copy: Copy, reply: Reply) -> _Outcome:
        """Return what is to be recorded of a delivery with this answer."""
        blamed, self.hung_up, self.failed = self.hung_up, [], 0
        verdict = self._note_answer(copy, reply)
        if not blamed and verdict is Verdict.ACCEPTED:
            return ledger.Taken(key=copy.key, reply=reply)
        return lambda: self._record(copy.key, reply=reply, blamed=blamed)

    def _note_answer(self, copy: Copy, reply: Reply) -> Verdict:
        verdict = verdict_on(reply)
        self.domains.note(copy.email, verdict)
        self.refusals.note(verdict)
        return verdict

    def _set_aside(self, one: _HungUp) -> Settle:
        logger.warning("The mail server hung up at delivery %s: %s", one.key, one.words)
        self.hung_up.append(one)
        why = Remark.HUNG_UP.with_detail(one.words)
        return lambda: ledger.set_aside(one.key, worker=self.worker, why=why, now=self.clock(), jitter=self.jitter)

    def _blame_if_alone(self) -> None:
        """Count a try for those at which the server hung up if nothing else is due; a speed may keep the others."""
        if self.hung_up and not due_deliveries(self.dispatch, now=self.clock()).exists():
            self._blame(self.hung_up)

    def _blame(self, hung_up: list[_HungUp]) -> None:
        for one in hung_up:
            why = Remark.HUNG_UP.with_detail(one.words)
            ledger.blame(one.key, why=why, now=self.clock(), jitter=self.jitter)

    def _record(self, key: int, *, reply: Reply, blamed: list[_HungUp]) -> None:
        self._blame(blamed)
        now = self.clock()
        match verdict_on(reply):
            case Verdict.ACCEPTED:
                ledger.accept(key, worker=self.worker, reply=reply, now=now)
            case Verdict.REFUSED:
                ledger.reject(key, worker=self.worker, reply=reply, now=now)
                if self.refusals.is_open:
                    share = f"{self.refusals.refused}/{self.refusals.answered}"
                    _pause(self.dispatch, why=Remark.MANY_REFUSED.with_detail(share))
            case Verdict.LATER | Verdict.SLOW_DOWN:
                ledger.defer(key, worker=self.worker, reply=reply, now=now, jitter=self.jitter)
            case Verdict.OUR_FAULT:
                ledger.defer(key, worker=self.worker, reply=reply, now=now, jitter=self.jitter, may_give_up=False)
                _pause(self.dispatch, why=Remark.REFUSES_US.with_detail(f"{reply.code} {reply.text}"))


def _nothing_to_settle() -> None:
    """Before the first message there is nothing to record."""


def _pause(dispatch: Dispatch, *, why: str) -> None:
    logger.error("Dispatch %s is paused: %s", dispatch.pk, why)
    if ledger.pause(dispatch, why=why):
        transaction.on_commit(partial(tell_paused, dispatch, why=why), robust=True)


def _note_server_down(dispatch: Dispatch, error: TransportDown, *, now: datetime) -> None:
    if error.is_our_fault:
        _pause(dispatch, why=str(error))
        return
    logger.warning("Dispatch %s waits for the mail server: %s", dispatch.pk, error)
    seconds = conf.OUTAGE_SECONDS if error.wait_seconds is None else min(error.wait_seconds, conf.RETRY_MOST_SECONDS)
    ledger.wait(dispatch, why=str(error), until=now + timedelta(seconds=seconds))
