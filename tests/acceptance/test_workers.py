"""Workers and their transactions: one commit for each mail, and two workers at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from newsletters.exceptions import AlreadySent
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.models import Delivery, Dispatch, IssuePage, Schedule
from newsletters.sending import ledger
from newsletters.sending.engine.send_batch import send_batch
from newsletters.testing import FakeTransport, FixedClock
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.django_db(transaction=True)

READERS = [f"reader{number}" for number in range(12)]


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    hub = build_hub()
    hub.subscribe(*READERS)
    return hub


def needs_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite in memory has one connection; PostgreSQL runs this test")


def at_once(act: Callable[[int], Any], *, times: int) -> list[Any]:
    """Call `act` in this many threads that start together, each with a connection of its own."""
    barrier = threading.Barrier(times)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return act(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def states_seen_elsewhere(dispatch: Dispatch) -> list[str]:
    """Return the deliveries' states, oldest first, as another connection sees them where there can be one."""
    if connection.vendor != "postgresql":
        assert not connection.in_atomic_block
        return list(dispatch.deliveries.order_by("pk").values_list("status", flat=True))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            sql, parameters = dispatch.deliveries.order_by("pk").values_list("status").query.sql_with_params()
            cursor.execute(sql, parameters)
            return [row[0] for row in cursor.fetchall()]
    finally:
        other.close()


def test_while_one_is_in_flight_the_ones_before_are_committed_as_accepted(hub: Hub) -> None:
    dispatch = hub.send()
    seen: list[list[str]] = []
    transport = FakeTransport(on_send=lambda message: seen.append(states_seen_elsewhere(dispatch)))
    send_batch(dispatch, transport=transport, worker="w1", clock=FixedClock(at=hub.now))
    count = len(READERS)
    assert seen == [["accepted"] * n + ["in_flight"] + ["claimed"] * (count - n - 1) for n in range(count)]


class Killed(BaseException):
    """Acts like kill -9: nothing in the worker catches it."""


def test_a_killed_worker_leaves_one_row_in_flight_and_the_rest_goes_out_once(hub: Hub, monkeypatch: Any) -> None:
    dispatch, clock = hub.send(), FixedClock(at=hub.now)

    def kill(message: Any) -> None:
        if len(transport.handovers) == 3:
            raise Killed

    transport = FakeTransport(on_send=kill)
    with monkeypatch.context() as dead:
        dead.setattr(ledger, "put_back", lambda *args, **kwargs: None)  # the dead put nothing back
        with pytest.raises(Killed):
            send_batch(dispatch, transport=transport, worker="dead", clock=clock)
    assert states_seen_elsewhere(dispatch) == ["accepted"] * 3 + ["in_flight"] + ["claimed"] * 8
    clock.forward(hours=1)
    ledger.release_expired(now=clock())
    again = FakeTransport()
    send_batch(dispatch, transport=again, worker="w2", clock=clock)
    assert states_seen_elsewhere(dispatch) == ["accepted"] * 3 + ["uncertain"] + ["accepted"] * 8
    got = transport.recipients + again.recipients
    assert len(got) == len(set(got)) == len(READERS) - 1


def test_two_workers_share_the_rows_without_overlap(hub: Hub, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 2}
    dispatch, transports = hub.send(), [FakeTransport() for _ in range(3)]

    def work(number: int) -> int:
        clock = FixedClock(at=hub.now)
        return send_batch(dispatch, transport=transports[number], worker=f"w{number}", clock=clock)

    if connection.vendor == "postgresql":
        assert sum(at_once(work, times=3)) == len(READERS)
    else:
        assert [work(number) for number in range(3)] == [len(READERS), 0, 0]
    got = [recipient for transport in transports for recipient in transport.recipients]
    assert sorted(got) == sorted(f"{name}@example.org" for name in READERS)
    dispatch.refresh_from_db()
    assert dispatch.status == Dispatch.Status.FINISHED


def test_claims_of_two_transactions_at_once_are_disjoint(hub: Hub, settings: Any) -> None:
    needs_postgres()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 4}
    dispatch = hub.send()
    claims = at_once(lambda number: ledger.claim(dispatch, worker=f"w{number}", now=hub.now), times=4)
    keys = [key for claim in claims for key in claim]
    assert len(keys) == len(set(keys))
    for number, claim in enumerate(claims):
        assert dispatch.deliveries.filter(worker=f"w{number}").count() == len(claim)


def test_two_clicks_at_once_make_one_dispatch(hub: Hub) -> None:
    needs_postgres()
    hub.approve()

    def click(number: int) -> Dispatch:
        issue, user = IssuePage.objects.get(pk=hub.issue.pk), hub.users["approver"]
        return start_dispatch(issue, user=user, now=hub.now)

    answers = at_once(click, times=3)
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadySent", "AlreadySent", "Dispatch"], answers
    assert [str(answer) for answer in answers if isinstance(answer, AlreadySent)]
    assert Dispatch.objects.count() == 1
    assert Delivery.objects.count() == len(READERS)


def test_cancelling_while_workers_send_leaves_nothing_waiting(hub: Hub, settings: Any) -> None:
    needs_postgres()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 3}
    dispatch, transport = hub.send(), FakeTransport()

    def act(number: int) -> Any:
        if number:
            return send_batch(dispatch, transport=transport, worker=f"w{number}", clock=FixedClock(at=hub.now))
        return ledger.cancel(dispatch, now=hub.now)

    at_once(act, times=3)
    states = set(states_seen_elsewhere(dispatch))
    assert states <= {"accepted", "cancelled"}
    assert dispatch.deliveries.filter(status="accepted").count() == len(transport.recipients)


def test_two_sweepers_at_once_start_a_scheduled_issue_once(hub: Hub) -> None:
    needs_postgres()
    hub.approve()
    later = hub.now + timedelta(hours=1)
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    schedule_issue(issue, send_at=later, user=hub.users["approver"], now=hub.now)
    started = at_once(lambda number: start_scheduled(now=later), times=3)
    assert [len(dispatches) for dispatches in started].count(1) == 1
    assert Dispatch.objects.count() == 1
    assert Schedule.objects.get().status == Schedule.Status.STARTED
