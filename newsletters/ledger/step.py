"""The step between two mails, in one commit: this one is accepted, the next one in flight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from newsletters.ledger.answers import accept, one_more_try, words
from newsletters.ledger.claims import held, may_fly, put_in_flight
from newsletters.ledger.compiled import Changes, CompiledUpdate, Statement
from newsletters.models import Delivery
from newsletters.sending.transport import Reply

Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A delivery that the server took, with its words; not recorded yet."""

    key: int
    reply: Reply


def step(taken: Taken, *, then: int, worker: str, now: datetime) -> bool:
    """Do what `accept` and `put_in_flight` do for one and the next delivery; return what the second returns."""
    is_accepted, takes_off = _move_both(taken, then=then, worker=worker, now=now)
    if is_accepted and takes_off:
        return True
    with transaction.atomic():
        if not is_accepted:
            accept(taken.key, worker=worker, reply=taken.reply, now=now)  # late: it was uncertain meanwhile
        return takes_off or put_in_flight(then, worker=worker, now=now)


def _move_both(taken: Taken, *, then: int, worker: str, now: datetime) -> tuple[bool, bool]:
    """Move the rows that are as expected, in one commit, and return which of them were."""
    accepting = _ACCEPTED.statement(key=taken.key, worker=worker, reply=words(taken.reply), now=now)
    taking_off = _IN_FLIGHT.statement(key=then, worker=worker, now=now)
    connection.ensure_connection()
    if hasattr(connection.connection, "prepare_threshold"):  # psycopg 3
        return _in_one_prepared_statement(accepting, taking_off)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*accepting)
        is_accepted = bool(cursor.rowcount)
        cursor.execute(*taking_off)
        return is_accepted, bool(cursor.rowcount)


def _in_one_prepared_statement(first: Statement, second: Statement) -> tuple[bool, bool]:
    """Go to PostgreSQL once, instead of four times, with what it has planned before, which is most of its work.

    Django's cursors never prepare; psycopg's own do if the option `prepare_threshold` of the database allows it.
    """
    from psycopg import Cursor  # noqa: PLC0415  # only where PostgreSQL is

    both = f"WITH first AS ({first[0]} RETURNING 1), second AS ({second[0]} RETURNING 1) "
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(both + "SELECT EXISTS(TABLE first), EXISTS(TABLE second)", [*first[1], *second[1]])
        is_accepted, takes_off = cursor.fetchone() or (False, False)
        return is_accepted, takes_off


def _accepted(*, key: int, worker: str, reply: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    rows = Delivery.objects.filter(pk=key, worker=worker, status=Status.IN_FLIGHT)
    changes = {"status": Status.ACCEPTED, "reply": reply, "bounce_class": "", "settled_at": now}
    return rows, {**changes, "leased_until": None, "worker": "", **one_more_try(now)}


def _in_flight(*, key: int, worker: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    return held(key, worker=worker, now=now).filter(may_fly()), {"status": Status.IN_FLIGHT}


_ACCEPTED = CompiledUpdate(_accepted, key=int, worker=str, reply=str, now=datetime)
_IN_FLIGHT = CompiledUpdate(_in_flight, key=int, worker=str, now=datetime)
