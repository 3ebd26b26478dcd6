"""Send some of a dispatch's deliveries in pieces: many in one request, one commit before it and one after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, cast

from django.db import transaction

from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.engine.send_batch import Batch, send_batch
from newsletters.sending.mails.prepared import PreparedMail
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.transport.seam import (
    HeldBack,
    MakingFailed,
    MessageUnsendable,
    PieceConnection,
    PieceOutcome,
    Reply,
    ReplyLost,
    RequestRefused,
    Transport,
    TransportDown,
)
from newsletters.values.remarks import Remark

logger = logging.getLogger(__name__)

_Piece: TypeAlias = list[tuple[Copy, PreparedMail]]


def send_pieces(
    dispatch: Dispatch, *, transport: Transport, worker: str, clock: Callable[[], datetime], **others: Any
) -> int:
    """Do what `send_batch` does, in pieces if the transport takes `most` mails in one request."""
    most = getattr(transport, "most", 1)
    kind = Batch if most == 1 else partial(_Pieces, most=most)
    return send_batch(dispatch, transport=transport, worker=worker, clock=clock, kind=kind, **others)


@dataclass(kw_only=True)
class _Pieces(Batch):
    """A batch that is sent in pieces of at most `most`.

    A piece whose request was refused is put back and its deliveries are sent alone, so that only the one that was the
    reason suffers from it. If an answer is lost the whole piece is uncertain.
    """

    most: int
    alone: set[int] = field(default_factory=set)

    def _send(self, copies: list[Copy]) -> None:
        prepared = [(copy, self._prepare(copy)) for copy in copies]
        super()._send([copy for copy, mail in prepared if isinstance(mail, MessageUnsendable)])
        for piece in self._cut([(copy, mail) for copy, mail in prepared if isinstance(mail, PreparedMail)]):
            for _mail in piece:
                self.pace.wait(unless=self._is_over)
            if self._is_over():
                return
            if self._is_hopeless():
                self._give_up()
            to_go = [one for one in piece if one[0].key in self.left and not self._has_to_wait(one[0])]
            flying = self._take_off_together(to_go)
            self.taken_up += len(flying)
            if len(flying) < len(to_go):
                self._look_what_is_left()
            if flying:
                self._hand_over(flying)

    def _cut(self, rest: _Piece) -> Iterator[_Piece]:
        """Return pieces of one edition each, in which no address stands twice."""
        most = min(self.most, self.pace.most_at_once or self.most)
        piece: _Piece = []
        for one in sorted(rest, key=lambda one: (one[0].key in self.alone, one[1].edition.edition.pk, one[0].key)):
            is_full = len(piece) >= most or (piece and piece[0][0].key in self.alone)
            if piece and (is_full or one[0].key in self.alone or not _fits(one[1], piece)):
                yield piece
                piece = []
            piece.append(one)
        if piece:
            yield piece

    def _has_to_wait(self, copy: Copy) -> bool:
        if not self.domains.is_open(copy.email):
            return False
        self._hold_back(copy)
        return True

    def _take_off_together(self, piece: _Piece) -> _Piece:
        """Put the piece in flight in one commit; return what of it may go."""
        tries = 0

        def record() -> set[int]:
            nonlocal tries
            tries += 1
            with transaction.atomic():
                return {copy.key for copy, _mail in piece if self._flies(copy.key, is_again=tries > 1)}

        keys = self.patience.insist(record)
        return [one for one in piece if one[0].key in keys]

    def _flies(self, key: int, *, is_again: bool) -> bool:
        if ledger.put_in_flight(key, worker=self.worker, now=self.clock()):
            return True
        return is_again and ledger.is_in_flight(key, worker=self.worker)

    def _hand_over(self, piece: _Piece) -> None:
        """Make the request and record what became of each; raise TransportDown or ReplyLost."""
        keys = [copy.key for copy, _mail in piece]
        try:
            outcomes = self._send_piece([mail for _copy, mail in piece])
        except HeldBack:
            self._leave_to_others(keys)
        except RequestRefused as error:
            logger.warning("A request for %s mails was refused: sending them alone", len(keys))
            logger.debug("%s", error)
            self.alone.update(keys)
            self._put_back(keys)
        except TransportDown:
            self.line.close()
            self._put_back(keys)
            raise
        except ReplyLost as error:
            self.line.close()
            self._settle_together(piece, [error] * len(piece))
            raise
        except Exception:
            logger.exception("A piece of %s deliveries failed while it was sent", len(keys))
            self.line.close()
            self.failed += 1
            self._settle_together(piece, [ReplyLost("")] * len(piece), why=Remark.SENDING_FAILED)
        else:
            self._note(piece, outcomes)
            self._settle_together(piece, outcomes)

    def _send_piece(self, mails: list[PreparedMail]) -> Sequence[PieceOutcome]:
        connection = cast("PieceConnection", self.line.open())
        return connection.hand_over_piece(mails, may_go=self.lease.holds)

    def _leave_to_others(self, keys: list[int]) -> None:
        self.line.close()
        self._settle(self._take_back(keys))
        self._look_what_is_left()

    def _note(self, piece: _Piece, outcomes: Sequence[PieceOutcome]) -> None:
        if any(isinstance(one, Reply) for one in outcomes):
            self.failed = 0
        self.failed += sum(isinstance(one, MakingFailed) for one in outcomes)
        for (copy, _mail), outcome in zip(piece, outcomes, strict=True):
            if isinstance(outcome, Reply):
                self._note_answer(copy, outcome)

    def _settle_together(self, piece: _Piece, outcomes: Sequence[PieceOutcome], *, why: str = "") -> None:
        def record() -> None:
            for (copy, _mail), outcome in zip(piece, outcomes, strict=True):
                self._record_outcome(copy.key, outcome, why=why)

        self._settle(record)

    def _record_outcome(self, key: int, outcome: PieceOutcome, *, why: str) -> None:
        now = self.clock()
        if isinstance(outcome, Reply):
            self._record(key, reply=outcome, blamed=[])
        elif isinstance(outcome, ReplyLost):
            why = why or Remark.ANSWER_LOST.with_detail(outcome)
            ledger.mark_uncertain(key, worker=self.worker, why=why, now=now)
        else:
            ledger.exclude_unsendable(key, worker=self.worker, why=str(outcome), now=now)

    def _put_back(self, keys: list[int]) -> None:
        self._settle(lambda: ledger.take_back(keys, worker=self.worker, now=self.clock()))


def _fits(mail: PreparedMail, piece: _Piece) -> bool:
    others = [other for _copy, other in piece]
    is_same = mail.edition.edition.pk == others[0].edition.edition.pk
    return is_same and mail.recipient.casefold() not in {other.recipient.casefold() for other in others}
