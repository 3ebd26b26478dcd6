"""A worker that sleeps between take-off and the end of a mail sends nothing that others may have sent by then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.results.actions.resolve_uncertain import resolve_uncertain
from newsletters.sending import ledger
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.ledger.lease import Lease
from newsletters.testing import FakeTransport
from tests.newsletters.conftest import delivery_to, states
from tests.newsletters.sending.provider import ResendDouble
from tests.newsletters.sending.scripted import ScriptedServer

READERS = ["ann@example.org", "bob@example.org", "cem@example.org"]
LONG = timedelta(seconds=conf.LEASE_SECONDS + 1)


class Sleeper:
    """A worker that runs `asleep` directly after its first mail or piece took off; `since_boot` is its clock."""

    def __init__(self, monkeypatch: Any, asleep: Callable[[], None]) -> None:
        self.boot, self.asleep, self.has_slept = 0.0, asleep, False
        put_in_flight = ledger.put_in_flight

        def take_off(key: int, *, worker: str, now: Any) -> bool:
            flies = put_in_flight(key, worker=worker, now=now)
            if worker == "sleeper" and not self.has_slept:
                self.has_slept = True
                self.boot += LONG.total_seconds()
                self.asleep()
            return flies

        monkeypatch.setattr(ledger, "put_in_flight", take_off)

    def send(self, dispatch: Dispatch, *, transport: Any, clock: Any) -> None:
        send_batch(dispatch, transport=transport, worker="sleeper", clock=clock, since_boot=lambda: self.boot)
        dispatch.refresh_from_db()


@pytest.fixture(params=["pipelined", "step by step", "Django", "provider", "provider, one by one", "any connection"])
def way(request: Any, make_way: Any) -> Iterator[Any]:
    with make_way(request.param) as both:
        yield both


@pytest.fixture
def make_way() -> Any:
    from contextlib import contextmanager

    from tests.newsletters.sending.fake_backend import FakeBackend

    @contextmanager
    def make(name: str) -> Iterator[Any]:
        """Return a transport, and a function that returns who got a mail."""
        if name in {"pipelined", "step by step"}:
            server = ScriptedServer(extensions=("PIPELINING",) if name == "pipelined" else ())
            with server.listening() as transport:
                yield transport, lambda: [recipient for recipient, _content in server.taken]
        elif name.startswith("provider"):
            double = ResendDouble()
            with double.listening(most=1 if "one" in name else 2) as transport:
                yield transport, lambda: [mail["to"][0].rpartition("<")[2].strip("<>") for mail in double.sent]
        else:
            fake = FakeBackend() if name == "Django" else FakeTransport()
            yield fake, lambda: fake.recipients

    return make


def others_send_it_all(dispatch: Dispatch, *, transport: Any, clock: Any) -> None:
    """Meanwhile the lease ends, a person presses "Send again", and another worker sends it."""
    clock.forward(seconds=LONG.total_seconds())
    ledger.release_expired(now=clock())
    assert dispatch.created_by is not None
    assert resolve_uncertain(dispatch, key=None, went_out=False, user=dispatch.created_by, now=clock())
    send_batch(dispatch, transport=transport, worker="other", clock=clock)


def test_what_was_sent_again_while_it_slept_is_not_sent_twice(
    dispatch: Any, clock: Any, way: Any, monkeypatch: Any
) -> None:
    (transport, got), other = way, FakeTransport()
    sleeper = Sleeper(monkeypatch, partial(others_send_it_all, dispatch, transport=other, clock=clock))
    sleeper.send(dispatch, transport=transport, clock=clock)
    assert (got(), other.recipients) == ([], READERS)
    assert states(dispatch) == {"accepted": 3}


def test_what_is_uncertain_meanwhile_is_known_again_and_sent_once(
    dispatch: Any, clock: Any, way: Any, monkeypatch: Any
) -> None:
    def asleep() -> None:
        clock.forward(seconds=LONG.total_seconds())
        ledger.release_expired(now=clock())
        assert Delivery.objects.filter(status="uncertain", worker="sleeper").exists()

    transport, got = way
    Sleeper(monkeypatch, asleep).send(dispatch, transport=transport, clock=clock)
    assert Counter(got()) == Counter(READERS)
    assert states(dispatch) == {"accepted": 3}


@pytest.mark.parametrize("went_on", [False, True], ids=["finished", "cancelled"])
def test_one_that_a_person_counts_as_sent_or_that_was_cancelled_stays_so(
    dispatch: Any, clock: Any, way: Any, monkeypatch: Any, went_on: bool
) -> None:
    def asleep() -> None:
        clock.forward(seconds=LONG.total_seconds())
        ledger.release_expired(now=clock())
        if went_on:
            ledger.cancel(dispatch, now=clock())
        resolve_uncertain(dispatch, key=None, went_out=not went_on, user=dispatch.created_by, now=clock())

    transport, got = way
    Sleeper(monkeypatch, asleep).send(dispatch, transport=transport, clock=clock)
    told = states(dispatch)
    assert "uncertain" not in told
    assert (told == {"cancelled": 3}) == went_on
    assert set(Counter(got()).values()) <= {1}
    assert (not got()) == went_on


@pytest.mark.parametrize("is_set", ["back", "on", "not"])
def test_either_clock_ends_a_lease(dispatch: Any, clock: Any, way: Any, monkeypatch: Any, is_set: str) -> None:
    """A wall clock that is set back hides a sleep; a machine that was frozen learns of it from the wall clock only."""

    def asleep() -> None:
        if is_set == "on":
            sleeper.boot -= LONG.total_seconds()
        clock.forward(hours={"back": -1, "on": 1, "not": 0}[is_set])
        hung_up.append(got())

    hung_up: list[Any] = []
    transport, got = way
    sleeper = Sleeper(monkeypatch, asleep)
    take_back = ledger.take_back

    def note_and_take_back(keys: Any, **options: Any) -> Any:
        hung_up.append(keys)
        return take_back(keys, **options)

    monkeypatch.setattr(ledger, "take_back", note_and_take_back)
    sleeper.send(dispatch, transport=transport, clock=clock)
    assert len(hung_up) == 2
    assert Counter(got()) == Counter(READERS)
    assert states(dispatch) == {"accepted": 3}


def test_a_lease_that_was_renewed_counts_and_one_that_was_renewed_too_late_does_not(clock: Any) -> None:
    boot = [0.0]
    lease = Lease(clock=clock, since_boot=lambda: boot[0])
    assert not lease.holds()
    lease.begin(lease.now())
    for _beat in range(5):
        boot[0] += conf.LEASE_SECONDS - 1
        clock.forward(seconds=conf.LEASE_SECONDS - 1)
        lease.renew(lease.now())
        assert lease.holds()
    slow = lease.now()
    boot[0] += conf.LEASE_SECONDS
    lease.renew(slow)
    lease.renew(lease.now())
    assert not lease.holds()
    lease.begin(lease.now())
    assert lease.holds()


def test_when_its_worker_was_last_alive_is_kept_of_an_uncertain_one(dispatch: Any, clock: Any) -> None:
    (key, *_rest) = ledger.claim(dispatch, worker="w1", now=clock())
    assert ledger.put_in_flight(key, worker="w1", now=clock())
    seen_at = clock.forward(seconds=100)
    ledger.renew(worker="w1", now=seen_at)
    clock.forward(hours=3)
    ledger.release_expired(now=clock())
    assert delivery_to("ann", dispatch).worker_seen_at == seen_at
    ledger.mark_uncertain(key, worker="w1", why="answer_lost", now=clock())
    assert delivery_to("ann", dispatch).worker_seen_at is None  # it is alive, and has brought an answer
