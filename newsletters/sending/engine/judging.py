"""Decide what the ledger records of a delivery, from the server's answer or from the failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.engine.breakers import DomainBreaker, RefusalBreaker
from newsletters.sending.engine.pausing import pause
from newsletters.sending.ledger.status import due_deliveries
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.transport.seam import (
    ConnectionDropped,
    MakingFailed,
    MessageUnsendable,
    Reply,
    ReplyLost,
    TransportDown,
)
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

Settle: TypeAlias = Callable[[], None]
Outcome: TypeAlias = Settle | ledger.Accepted  # what became of a delivery, to record in the next step

# If this many mails in a row fail in the same way, with no answer in between, the mails are not to blame.
MOST_IN_A_ROW = 3


@dataclass(frozen=True, kw_only=True)
class HungUp:
    """A delivery on which the server hung up, with its last words; `is_new` if it was the first attempt."""

    key: int
    words: str
    is_new: bool


@dataclass(kw_only=True)
class Judge:
    """Judges the deliveries of one batch, and knows what they have in common.

    `hung_up` lists the deliveries on which the server has hung up since its last answer. They are set aside. If it
    then answers another mail, or no other is left to try, they are to blame. If it hangs up on one new delivery after
    another, the server is, and no delivery is blamed.
    """

    dispatch: Dispatch
    worker: str
    clock: Callable[[], datetime]
    jitter: ledger.Jitter
    failed: int = 0  # mails that failed in our own program since the server's last answer
    hung_up: list[HungUp] = field(default_factory=list)
    domains: DomainBreaker = field(default_factory=DomainBreaker)
    refusals: RefusalBreaker = field(default_factory=lambda: RefusalBreaker(most_percent=conf.MOST_REFUSED_PERCENT))

    def judge_reply(self, copy: Copy, reply: Reply) -> Outcome:
        """Return what to record of a delivery with this answer."""
        blamed, self.hung_up, self.failed = self.hung_up, [], 0
        verdict = verdict_on(reply)
        self.domains.note(copy.email, verdict)
        self.refusals.note(verdict)
        if not blamed and verdict is Verdict.ACCEPTED:
            return ledger.Accepted(key=copy.key, reply=reply)
        return lambda: self._record(copy.key, reply=reply, blamed=blamed)

    def judge_failure(self, copy: Copy, error: Exception) -> Settle:
        """Return what to record of a delivery that took off and got no answer, because of this error."""
        match error:
            case MessageUnsendable():
                self.failed += isinstance(error, MakingFailed)
                why = str(error)
                return lambda: ledger.exclude_unsendable(copy.key, worker=self.worker, why=why, now=self.clock())
            case ConnectionDropped():
                return self._set_aside(HungUp(key=copy.key, words=str(error), is_new=copy.is_new))
            case TransportDown():  # nothing was sent
                return lambda: ledger.take_back([copy.key], worker=self.worker, now=self.clock())
            case ReplyLost():
                return self.leave_open(copy.key, why=Remark.ANSWER_LOST.with_detail(error))
        # A transport may raise anything, even after the mail was sent: only a person can tell.
        logger.error("Delivery %s failed while it was being sent", copy.key, exc_info=error)
        self.failed += 1
        return self.leave_open(copy.key, why=Remark.SENDING_FAILED)

    def leave_open(self, key: int, *, why: str) -> Settle:
        """Return what to record of a delivery that may or may not have gone out."""
        return lambda: ledger.mark_uncertain(key, worker=self.worker, why=why, now=self.clock())

    def blame_if_alone(self) -> None:
        """Blame the deliveries on which the server hung up if no other is due, whatever the rate limits allow."""
        if self.hung_up and not due_deliveries(self.dispatch, now=self.clock()).exists():
            self._blame(self.hung_up)

    def require_hope(self, settle: Callable[[], None] = lambda: None) -> None:
        """Raise TransportDown if several mails in a row failed in the same way; call `settle` first."""
        if self.failed >= MOST_IN_A_ROW:
            settle()
            raise TransportDown(Remark.SENDING_FAILED, is_our_fault=True)
        if sum(hung_up.is_new for hung_up in self.hung_up) >= MOST_IN_A_ROW:
            settle()
            raise TransportDown(Remark.HUNG_UP.with_detail(self.hung_up[-1].words))

    def _set_aside(self, hung_up: HungUp) -> Settle:
        logger.warning("The mail server hung up on delivery %s: %s", hung_up.key, hung_up.words)
        self.hung_up.append(hung_up)
        why = Remark.HUNG_UP.with_detail(hung_up.words)
        return lambda: ledger.set_aside(hung_up.key, worker=self.worker, why=why, now=self.clock(), jitter=self.jitter)

    def _blame(self, blamed: list[HungUp]) -> None:
        for hung_up in blamed:
            why = Remark.HUNG_UP.with_detail(hung_up.words)
            ledger.blame(hung_up.key, why=why, now=self.clock(), jitter=self.jitter)

    def _record(self, key: int, *, reply: Reply, blamed: list[HungUp]) -> None:
        self._blame(blamed)
        now = self.clock()
        match verdict_on(reply):
            case Verdict.ACCEPTED:
                ledger.accept(key, worker=self.worker, reply=reply, now=now)
            case Verdict.REFUSED:
                ledger.reject(key, worker=self.worker, reply=reply, now=now)
                if self.refusals.is_open:
                    share = f"{self.refusals.refused}/{self.refusals.answered}"
                    pause(self.dispatch, why=Remark.MANY_REFUSED.with_detail(share))
            case Verdict.LATER | Verdict.SLOW_DOWN:
                ledger.defer(key, worker=self.worker, reply=reply, now=now, jitter=self.jitter)
            case Verdict.OUR_FAULT:
                ledger.defer(key, worker=self.worker, reply=reply, now=now, jitter=self.jitter, may_give_up=False)
                pause(self.dispatch, why=Remark.REFUSES_US.with_detail(f"{reply.code} {reply.text}"))
