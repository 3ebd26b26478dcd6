"""Send deliveries in pieces: many in one request, with one commit before it and one after it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TypeAlias, cast

from django.db import transaction

from newsletters.sending import ledger
from newsletters.sending.engine.batch import Batch
from newsletters.sending.engine.judging import Outcome
from newsletters.sending.engine.one_by_one import OneByOne
from newsletters.sending.mails.prepared import PreparedMail
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.transport.seam import (
    HeldBack,
    MessageUnsendable,
    PieceConnection,
    PieceOutcome,
    Reply,
    ReplyLost,
    RequestRefused,
    TransportDown,
)
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

Piece: TypeAlias = list[tuple[Copy, PreparedMail]]


class Pieces:
    """Sends at most `most` mails in one request.

    If a request is refused, its piece is put back and its deliveries are sent alone, so that only the delivery that
    caused the refusal suffers. If the answer is lost, the whole piece is uncertain.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._alone: set[int] = set()

    def send(self, copies: list[Copy], *, batch: Batch) -> None:
        """Send them; raise TransportDown or ReplyLost if the batch cannot continue."""
        prepared = [(copy, batch.prepare(copy)) for copy in copies]
        OneByOne().send([copy for copy, mail in prepared if isinstance(mail, MessageUnsendable)], batch=batch)
        mails = [(copy, mail) for copy, mail in prepared if isinstance(mail, PreparedMail)]
        for piece in self._cut(mails, most=min(self._most, batch.pace.most_at_once or self._most)):
            for _mail in piece:
                batch.pace.wait(unless=batch.is_over)
            if batch.is_over():
                return
            batch.judge.require_hope()
            to_send = [(copy, mail) for copy, mail in piece if copy.key in batch.left and not batch.has_to_wait(copy)]
            taken_off = _take_off(to_send, batch=batch)
            batch.taken_up += len(taken_off)
            if len(taken_off) < len(to_send):
                batch.check_what_is_left()
            if taken_off:
                self._send_piece(taken_off, batch=batch)

    def _cut(self, mails: Piece, *, most: int) -> Iterator[Piece]:
        """Yield pieces with copies of one edition each, in which no address occurs twice."""
        piece: Piece = []
        for copy, mail in sorted(mails, key=lambda pair: (pair[0].key in self._alone, _edition(pair[1]), pair[0].key)):
            is_full = len(piece) >= most or (piece and piece[0][0].key in self._alone)
            if piece and (is_full or copy.key in self._alone or not _fits(mail, piece)):
                yield piece
                piece = []
            piece.append((copy, mail))
        if piece:
            yield piece

    def _send_piece(self, piece: Piece, *, batch: Batch) -> None:
        """Make the request and record what became of each delivery; raise TransportDown or ReplyLost."""
        keys = [copy.key for copy, _mail in piece]
        try:
            connection = cast("PieceConnection", batch.connection.open())
            outcomes = connection.hand_over_piece([mail for _copy, mail in piece], may_go=batch.lease.holds)
        except HeldBack:
            batch.connection.close()
            batch.settle(batch.take_back(keys))
            batch.check_what_is_left()
        except RequestRefused as error:
            logger.warning("A request for %s mails was refused: sending them alone", len(keys))
            logger.debug("%s", error)
            self._alone.update(keys)
            _put_back(keys, batch=batch)
        except TransportDown:
            batch.connection.close()
            _put_back(keys, batch=batch)
            raise
        except ReplyLost as error:
            batch.connection.close()
            _settle([batch.judge.judge_failure(copy, error) for copy, _mail in piece], batch=batch)
            raise
        except Exception:
            logger.exception("A piece of %s deliveries failed while it was being sent", len(keys))
            batch.connection.close()
            batch.judge.failed += 1
            _settle([batch.judge.leave_open(key, why=Remark.SENDING_FAILED) for key in keys], batch=batch)
        else:
            _settle(_judge(piece, outcomes, batch=batch), batch=batch)


def _edition(mail: PreparedMail) -> int:
    return mail.edition.edition.pk


def _fits(mail: PreparedMail, piece: Piece) -> bool:
    others = [other for _copy, other in piece]
    is_same = _edition(mail) == _edition(others[0])
    return is_same and mail.recipient.casefold() not in {other.recipient.casefold() for other in others}


def _take_off(piece: Piece, *, batch: Batch) -> Piece:
    """Put the piece in flight in one commit; return the part of it that may be sent."""
    attempts = 0

    def takes_off(key: int) -> bool:
        if ledger.put_in_flight(key, worker=batch.worker, now=batch.clock()):
            return True
        return attempts > 1 and ledger.is_in_flight(key, worker=batch.worker)

    def record() -> set[int]:
        nonlocal attempts
        attempts += 1
        with transaction.atomic():
            return {copy.key for copy, _mail in piece if takes_off(copy.key)}

    keys = batch.patience.insist(record)
    return [(copy, mail) for copy, mail in piece if copy.key in keys]


def _judge(piece: Piece, outcomes: Sequence[PieceOutcome], *, batch: Batch) -> list[Outcome]:
    """Return what to record of each delivery, answers first: they prove that the server is there."""
    pairs = sorted(zip(piece, outcomes, strict=True), key=lambda pair: not isinstance(pair[1], Reply))
    return [
        batch.judge.judge_reply(copy, outcome)
        if isinstance(outcome, Reply)
        else batch.judge.judge_failure(copy, outcome)
        for (copy, _mail), outcome in pairs
    ]


def _settle(outcomes: Sequence[Outcome], *, batch: Batch) -> None:
    """Record what became of the whole piece in one commit."""

    def record() -> None:
        for outcome in outcomes:
            batch.record(outcome)

    batch.settle(record)


def _put_back(keys: list[int], *, batch: Batch) -> None:
    batch.settle(lambda: ledger.take_back(keys, worker=batch.worker, now=batch.clock()))
