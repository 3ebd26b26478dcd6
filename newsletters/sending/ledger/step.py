"""The step between two mails, in one commit: the first is accepted, the next is in flight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from newsletters.models import Delivery
from newsletters.sending.ledger.answers import accept, one_more_attempt, words
from newsletters.sending.ledger.claims import is_held, is_in_flight, may_take_off, put_in_flight
from newsletters.sending.ledger.compiled_updates import Changes, CompiledUpdate
from newsletters.sending.transport.seam import Reply

Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A delivery that the server accepted, with its reply; not recorded yet."""

    key: int
    reply: Reply


def step(accepted: Accepted, *, then: int, worker: str, now: datetime) -> bool:
    """Accept one delivery and put the next in flight; return False if the next may not take off."""
    connection.ensure_connection()
    if hasattr(connection.connection, "prepare_threshold"):  # psycopg 3
        moved = _in_one_prepared_statement(accepted, then=then, worker=worker, now=now)
    else:
        moved = _in_two_statements(accepted, then=then, worker=worker, now=now)
    if moved == 2:
        return True
    with transaction.atomic():  # what is done already is not done twice
        accept(accepted.key, worker=worker, reply=accepted.reply, now=now)  # it may have become uncertain meanwhile
        return is_in_flight(then, worker=worker) or put_in_flight(then, worker=worker, now=now)


def _in_two_statements(accepted: Accepted, *, then: int, worker: str, now: datetime) -> int:
    """Update both rows in a transaction; return how many were as expected. On SQLite two statements are faster."""
    accepting = _ACCEPTED.statement(key=accepted.key, worker=worker, reply=words(accepted.reply), now=now)
    taking_off = _IN_FLIGHT.statement(key=then, worker=worker, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*accepting)
        moved = cursor.rowcount
        cursor.execute(*taking_off)
        return moved + cursor.rowcount


def _in_one_prepared_statement(accepted: Accepted, *, then: int, worker: str, now: datetime) -> int:
    """Do the same with one prepared statement: planning is most of PostgreSQL's work.

    For each UPDATE it also reads all constraints again, which costs as much as the rows, so one updates both rows.
    Django's cursors never prepare; psycopg's own do if the database option `prepare_threshold` allows it.
    """
    from psycopg import Cursor  # noqa: PLC0415  # only installed with PostgreSQL

    both = _BOTH.statement(key=accepted.key, then=then, worker=worker, reply=words(accepted.reply), now=now)
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(*both).rowcount


def _accepted(*, key: int, worker: str, reply: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    rows = Delivery.objects.filter(pk=key, worker=worker, status=Status.IN_FLIGHT)
    return rows, {"status": Status.ACCEPTED, **_answer(reply, now=now)}


def _in_flight(*, key: int, worker: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    rows = Delivery.objects.filter(is_held(worker=worker, now=now), may_take_off(), pk=key)
    return rows, {"status": Status.IN_FLIGHT}


def _both(*, key: int, then: int, worker: str, reply: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    is_accepted = Q(pk=key, worker=worker, status=Status.IN_FLIGHT)
    takes_off = Q(pk=then) & is_held(worker=worker, now=now) & may_take_off()
    changes = {name: _if(key, value, otherwise=F(name), of=name) for name, value in _answer(reply, now=now).items()}
    changes["status"] = _if(key, Value(Status.ACCEPTED), otherwise=Value(Status.IN_FLIGHT), of="status")
    return Delivery.objects.filter(is_accepted | takes_off, pk__in=[key, then]), changes


def _answer(reply: str, *, now: datetime) -> dict[str, Combinable]:
    changes = {"reply": reply, "bounce_class": "", "settled_at": now, "leased_until": None, "worker": ""}
    return {**{name: Value(value) for name, value in changes.items()}, **one_more_attempt(now)}


def _if(key: int, value: Combinable, *, otherwise: Combinable, of: str) -> Case:
    return Case(When(pk=key, then=value), default=otherwise, output_field=getattr(Delivery, of).field)


_ACCEPTED = CompiledUpdate(_accepted, key=int, worker=str, reply=str, now=datetime)
_IN_FLIGHT = CompiledUpdate(_in_flight, key=int, worker=str, now=datetime)
_BOTH = CompiledUpdate(_both, key=int, then=int, worker=str, reply=str, now=datetime)
