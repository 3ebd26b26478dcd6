"""The single commit between two mails does exactly what the ledger's moves do one after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.conf import conf
from newsletters.models import ConsentSource, Delivery, Subscription
from newsletters.sending import ledger
from newsletters.sending.ledger.compiled_updates import CompiledUpdate
from newsletters.testing import ACCEPTED
from tests.newsletters.conftest import states


@pytest.fixture
def pair(dispatch: Any, clock: Any) -> tuple[int, int]:
    """One delivery that is in flight and one that is claimed."""
    first, second, _third = ledger.claim(dispatch, worker="w1", now=clock())
    assert ledger.put_in_flight(first, worker="w1", now=clock())
    return first, second


def step(pair: tuple[int, int], *, clock: Any, worker: str = "w1") -> bool:
    return ledger.step(ledger.Accepted(key=pair[0], reply=ACCEPTED), then=pair[1], worker=worker, now=clock())


def row(key: int) -> dict[str, Any]:
    values = Delivery.objects.filter(pk=key).values().get()
    return {name: value for name, value in values.items() if name not in {"id", "subscription_id"}}


def test_it_leaves_the_rows_as_the_two_moves_do(pair: Any, clock: Any) -> None:
    before = [row(key) for key in pair]
    clock.forward(seconds=3)
    assert step(pair, clock=clock)  # written by the ORM
    by_orm = put_back(pair, before)
    assert step(pair, clock=clock)  # from what it wrote
    by_step = put_back(pair, before)
    ledger.accept(pair[0], worker="w1", reply=ACCEPTED, now=clock())
    assert ledger.put_in_flight(pair[1], worker="w1", now=clock())
    assert by_orm == by_step == [row(key) for key in pair]


def put_back(pair: tuple[int, int], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Restore the rows, and return them as they were just before."""
    found = [row(key) for key in pair]
    for key, values in zip(pair, rows, strict=True):
        Delivery.objects.filter(pk=key).update(**values)
    return found


def test_who_left_meanwhile_is_excluded_and_the_one_before_accepted(pair: Any, clock: Any, dispatch: Any) -> None:
    second = Subscription.objects.get(deliveries=pair[1])
    unsubscribe(second, source=ConsentSource.ONE_CLICK, now=clock())
    assert not step(pair, clock=clock)
    assert states(dispatch) == {"accepted": 1, "claimed": 1, "excluded": 1}


def test_a_pause_lets_the_next_one_stay(pair: Any, clock: Any, dispatch: Any) -> None:
    ledger.pause(dispatch, why="look")
    assert not step(pair, clock=clock)
    assert states(dispatch) == {"accepted": 1, "claimed": 2}


def test_a_late_answer_is_still_written_down(pair: Any, clock: Any, dispatch: Any) -> None:
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    ledger.release_expired(now=clock())
    assert not step(pair, clock=clock)
    assert states(dispatch) == {"accepted": 1, "ready": 2}


def test_another_worker_changes_nothing(pair: Any, clock: Any, dispatch: Any) -> None:
    assert not step(pair, clock=clock, worker="w2")
    assert states(dispatch) == {"in_flight": 1, "claimed": 2}


def test_the_orm_writes_it_once_and_it_is_two_statements_or_one(
    pair: Any, clock: Any, dispatch: Any, django_assert_max_num_queries: Any, monkeypatch: Any
) -> None:
    before = [row(key) for key in pair]
    step(pair, clock=clock)
    put_back(pair, before)
    monkeypatch.setattr(CompiledUpdate, "_compile", None)
    with django_assert_max_num_queries(1 if connection.vendor == "postgresql" else 4):  # with its savepoint
        assert step(pair, clock=clock)


def test_a_value_that_the_orm_changes_is_refused() -> None:
    def write(*, key: int, at: datetime) -> Any:
        return Delivery.objects.filter(pk=key + 1), {"settled_at": at}

    with pytest.raises(ValueError, match="missing or changed in the compiled statement"):
        CompiledUpdate(write, key=int, at=datetime).statement(key=1, at=None)
