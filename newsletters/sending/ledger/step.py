"""The step between two mails, in one commit: this one is accepted, the next one in flight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from newsletters.models import Delivery
from newsletters.sending.ledger.answers import accept, one_more_try, words
from newsletters.sending.ledger.claims import is_held, is_in_flight, may_fly, put_in_flight
from newsletters.sending.ledger.compiled_updates import Changes, CompiledUpdate
from newsletters.sending.transport.seam import Reply

Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A delivery that the server took, with its words; not recorded yet."""

    key: int
    reply: Reply


def step(taken: Taken, *, then: int, worker: str, now: datetime) -> bool:
    """Do what `accept` and `put_in_flight` do for one and the next delivery; return what the second returns."""
    connection.ensure_connection()
    if hasattr(connection.connection, "prepare_threshold"):  # psycopg 3
        moved = _in_one_prepared_statement(taken, then=then, worker=worker, now=now)
    else:
        moved = _in_two_statements(taken, then=then, worker=worker, now=now)
    if moved == 2:
        return True
    with transaction.atomic():  # what was done is not done again
        accept(taken.key, worker=worker, reply=taken.reply, now=now)  # perhaps late: it was uncertain meanwhile
        return is_in_flight(then, worker=worker) or put_in_flight(then, worker=worker, now=now)


def _in_two_statements(taken: Taken, *, then: int, worker: str, now: datetime) -> int:
    """Move both rows in a transaction, and return how many were as expected. SQLite is quicker so than with one."""
    accepting = _ACCEPTED.statement(key=taken.key, worker=worker, reply=words(taken.reply), now=now)
    taking_off = _IN_FLIGHT.statement(key=then, worker=worker, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*accepting)
        moved = cursor.rowcount
        cursor.execute(*taking_off)
        return moved + cursor.rowcount


def _in_one_prepared_statement(taken: Taken, *, then: int, worker: str, now: datetime) -> int:
    """Do the same with one statement, that PostgreSQL has planned before, which is most of its work.

    An UPDATE costs it as much for reading all constraints anew as for the rows, so there is one for both. Django's
    cursors never prepare; psycopg's own do if the option `prepare_threshold` of the database allows it.
    """
    from psycopg import Cursor  # noqa: PLC0415  # only where PostgreSQL is

    both = _BOTH.statement(key=taken.key, then=then, worker=worker, reply=words(taken.reply), now=now)
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(*both).rowcount


def _accepted(*, key: int, worker: str, reply: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    rows = Delivery.objects.filter(pk=key, worker=worker, status=Status.IN_FLIGHT)
    return rows, {"status": Status.ACCEPTED, **_answer(reply, now=now)}


def _in_flight(*, key: int, worker: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    rows = Delivery.objects.filter(is_held(worker=worker, now=now), may_fly(), pk=key)
    return rows, {"status": Status.IN_FLIGHT}


def _both(*, key: int, then: int, worker: str, reply: str, now: datetime) -> tuple[QuerySet[Delivery], Changes]:
    is_accepted = Q(pk=key, worker=worker, status=Status.IN_FLIGHT)
    takes_off = Q(pk=then) & is_held(worker=worker, now=now) & may_fly()
    changes = {name: _if(key, value, otherwise=F(name), of=name) for name, value in _answer(reply, now=now).items()}
    changes["status"] = _if(key, Value(Status.ACCEPTED), otherwise=Value(Status.IN_FLIGHT), of="status")
    return Delivery.objects.filter(is_accepted | takes_off, pk__in=[key, then]), changes


def _answer(reply: str, *, now: datetime) -> dict[str, Combinable]:
    changes = {"reply": reply, "bounce_class": "", "settled_at": now, "leased_until": None, "worker": ""}
    return {**{name: Value(value) for name, value in changes.items()}, **one_more_try(now)}


def _if(key: int, value: Combinable, *, otherwise: Combinable, of: str) -> Case:
    return Case(When(pk=key, then=value), default=otherwise, output_field=getattr(Delivery, of).field)


_ACCEPTED = CompiledUpdate(_accepted, key=int, worker=str, reply=str, now=datetime)
_IN_FLIGHT = CompiledUpdate(_in_flight, key=int, worker=str, now=datetime)
_BOTH = CompiledUpdate(_both, key=int, then=int, worker=str, reply=str, now=datetime)
