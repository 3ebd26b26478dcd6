"""Send deliveries one by one: each commit records what became of the last one and that the next takes off."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.db import transaction

from newsletters.sending import ledger
from newsletters.sending.engine.batch import Batch, Prepared
from newsletters.sending.engine.judging import Outcome
from newsletters.sending.ledger.lease import LeasedTakeOff
from newsletters.sending.mails.prepared import PreparedMail
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.transport.seam import (
    ConnectionDropped,
    HeldBack,
    MessageUnsendable,
    ReplyLost,
    TransportDown,
)


class OneByOne:
    """Sends one mail after another over one connection."""

    def send(self, copies: list[Copy], *, batch: Batch) -> None:
        """Send them; raise TransportDown or ReplyLost if the batch cannot continue."""
        outcome: Outcome = _nothing_to_settle
        for copy, mail, following in _with_following(copies, batch=batch):
            if copy.key not in batch.left or batch.has_to_wait(copy):
                continue
            if batch.pace.must_wait:
                batch.settle(outcome)
                outcome = _nothing_to_settle
            batch.pace.wait(unless=batch.is_over)
            if batch.is_over():
                break
            if copy.key not in batch.left:
                continue
            batch.judge.require_hope(partial(batch.settle, outcome))
            take_off = LeasedTakeOff(partial(_take_off, copy.key, after=outcome, batch=batch), lease=batch.lease)
            announced = following if _may_announce(following, batch=batch) else None
            outcome = _send(copy, mail, following=announced, take_off=take_off, batch=batch)
        batch.settle(outcome)


def _nothing_to_settle() -> None:
    """Before the first message there is nothing to record."""


def _with_following(copies: list[Copy], *, batch: Batch) -> Iterator[tuple[Copy, Prepared, PreparedMail | None]]:
    """Yield each copy, its mail or why it cannot be made, and the next mail; only two mails exist at a time."""
    rest = iter(copies)
    copy = next(rest, None)
    mail = batch.prepare(copy) if copy else None
    while copy is not None and mail is not None:
        next_copy = next(rest, None)
        next_mail = batch.prepare(next_copy) if next_copy else None
        yield copy, mail, next_mail if isinstance(next_mail, PreparedMail) else None
        copy, mail = next_copy, next_mail


def _may_announce(following: PreparedMail | None, *, batch: Batch) -> bool:
    """Say whether the next mail follows at once: no server waits long for the content of an announced mail."""
    if following is None or following.copy.key not in batch.left:
        return False
    return not (batch.pace.must_wait or batch.judge.domains.is_open(following.copy.email))


def _take_off(key: int, *, after: Outcome, batch: Batch) -> bool:
    """Record what became of the last delivery, and that this one is in flight, in one commit.

    It does not take off if the worker has to stop, which it may learn while a slow server lets it wait.
    """
    if batch.should_stop():
        batch.settle(after)
        return False
    attempts = 0

    def record() -> bool:
        nonlocal attempts
        attempts += 1
        has_taken_off = _record_both(after, key, batch=batch)
        return has_taken_off or (attempts > 1 and ledger.is_in_flight(key, worker=batch.worker))

    has_taken_off = batch.patience.insist(record)
    batch.taken_up += has_taken_off
    return has_taken_off


def _record_both(outcome: Outcome, key: int, *, batch: Batch) -> bool:
    now = batch.clock()
    if isinstance(outcome, ledger.Accepted):
        return ledger.step(outcome, then=key, worker=batch.worker, now=now)
    with transaction.atomic():
        outcome()
        return ledger.put_in_flight(key, worker=batch.worker, now=now)


def _send(
    copy: Copy, mail: Prepared, *, following: PreparedMail | None, take_off: LeasedTakeOff, batch: Batch
) -> Outcome:
    """Send one delivery; return what to record with the next step.

    Once it takes off, the outcome of the last delivery is recorded, and this one is in flight.
    """
    try:
        if isinstance(mail, MessageUnsendable):
            raise mail
        reply = batch.connection.hand_over(mail, following=following, take_off=take_off)
    except HeldBack:
        batch.check_what_is_left()
        return batch.take_back([copy.key]) if take_off.is_in_flight() else _nothing_to_settle
    except Exception as error:
        if take_off.has_failed:
            raise
        if not take_off.is_in_flight():
            return _nothing_to_settle
        outcome = batch.judge.judge_failure(copy, error)
        if isinstance(error, TransportDown | ReplyLost) and not isinstance(error, ConnectionDropped):
            batch.settle(outcome)
            raise
        return outcome
    return batch.judge.judge_reply(copy, reply)
