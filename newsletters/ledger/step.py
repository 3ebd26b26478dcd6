"""The step between two mails, in one commit: this one is accepted, the next one in flight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from newsletters.ledger.answers import accept, words
from newsletters.ledger.claims import is_held, lease, may_fly, put_in_flight
from newsletters.ledger.compiled import Changes, CompiledUpdate
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
    moved = _move_both(taken, then=then, worker=worker, now=now)
    if moved == {taken.key, then}:
        return True
    with transaction.atomic():
        if taken.key not in moved:
            accept(taken.key, worker=worker, reply=taken.reply, now=now)  # late: it was uncertain meanwhile
        return then in moved or put_in_flight(then, worker=worker, now=now)


def _move_both(taken: Taken, *, then: int, worker: str, now: datetime) -> set[int]:
    """Move the rows that are as expected with one statement, so with one commit, and return their keys."""
    if not connection.features.can_return_rows_from_bulk_insert:
        return set()  # a database without RETURNING
    sql, parameters = _BOTH.statement(
        key=taken.key, then=then, worker=worker, reply=words(taken.reply), now=now, leased_until=lease(now)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING id", parameters)
        return {key for (key,) in cursor.fetchall()}


def _both(
    *, key: int, then: int, worker: str, reply: str, now: datetime, leased_until: datetime
) -> tuple[QuerySet[Delivery], Changes]:
    mine = Delivery.objects.filter(pk__in=[key, then], worker=worker)
    rows = mine.filter(Q(pk=key, status=Status.IN_FLIGHT) | (Q(pk=then) & is_held(now=now) & may_fly()))

    def either(first: Any, second: Any) -> Case:
        return Case(When(pk=key, then=first), default=second)

    return rows, {
        "status": either(Value(Status.ACCEPTED), Value(Status.IN_FLIGHT)),
        "reply": either(Value(reply), F("reply")),
        "bounce_class": either(Value(""), F("bounce_class")),
        "settled_at": either(Value(now), F("settled_at")),
        "leased_until": either(Value(None), Value(leased_until)),
        "worker": either(Value(""), F("worker")),
        "attempts": F("attempts") + either(Value(1), Value(0)),
        "first_tried_at": either(Coalesce("first_tried_at", Value(now)), F("first_tried_at")),
    }


_BOTH = CompiledUpdate(_both, key=int, then=int, worker=str, reply=str, now=datetime, leased_until=datetime)
