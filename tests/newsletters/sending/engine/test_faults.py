"""Whatever fails, and whenever: no mail is lost or sent twice, and the ledger knows which are uncertain."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import OperationalError

from newsletters.conf import conf
from newsletters.models import Delivery
from newsletters.sending import ledger
from newsletters.sending.patience import Patience
from newsletters.testing import FakeTransport
from tests.newsletters.conftest import states
from tests.newsletters.sending.scripted import DROP, SILENCE, ScriptedServer

NAMES = ["ann", "bob", "cem", "dee"]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=["pipelined", "step by step"])
@pytest.mark.parametrize(
    ("when", "what"),
    [
        *((when, DROP) for when in ("EHLO", "MAIL", "RCPT", "DATA", "CONTENT", "DOT")),
        *((when, SILENCE) for when in ("EHLO", "MAIL", "RCPT", "DATA", "DOT")),
    ],
    ids=lambda value: {id(DROP): "hangs up", id(SILENCE): "falls silent"}.get(id(value)),
)
def test_a_server_that_fails_once_in_any_state(
    hub: Any, clock: Any, work: Any, monkeypatch: Any, when: str, what: Any, extensions: tuple[str, ...]
) -> None:
    fails = Counter[str]()

    def step(verb: str, line: str, number: int) -> Any:
        fails[verb] += 1
        return what if verb == when and fails[verb] == (1 if when == "EHLO" else 2) else None

    hub.subscribe(*NAMES)
    dispatch = hub.send()
    server = ScriptedServer(step=lambda verb, line, number: step(verb.upper(), line, number), extensions=extensions)
    with server.listening_to_the_impatient(monkeypatch) as transport:
        for _turn in range(4):
            work(dispatch, transport)
            clock.forward(seconds=conf.RETRY_FIRST_SECONDS)
    got = Counter(recipient for recipient, _content in server.taken)
    in_doubt = dispatch.deliveries.filter(status=Delivery.Status.UNCERTAIN).count()
    assert in_doubt == (1 if when in {"CONTENT", "DOT"} else 0)
    assert states(dispatch) == {"accepted": 4 - in_doubt} | ({"uncertain": 1} if in_doubt else {})
    assert sorted(got.values()) == [1] * (4 - in_doubt)


class Away:
    """A database that fails at the next `times` steps between two mails, which may have been carried out."""

    def __init__(self, *, times: int, is_done: bool) -> None:
        self.step, self.times, self.is_done = ledger.step, times, is_done

    def __call__(self, *args: Any, **kwargs: Any) -> bool:
        if not self.times:
            return self.step(*args, **kwargs)
        self.times -= 1
        if self.is_done:
            self.step(*args, **kwargs)
        raise OperationalError("database or disk is full")


@pytest.mark.parametrize("is_done", [False, True], ids=["not committed", "committed, and the answer lost"])
def test_a_database_that_is_away_between_two_mails_loses_nothing_and_doubles_nothing(
    hub: Any, work: Any, monkeypatch: Any, is_done: bool
) -> None:
    hub.subscribe(*NAMES)
    dispatch = hub.send()
    transport = FakeTransport()
    slept: list[float] = []
    monkeypatch.setattr(Patience, "insist", _insisting(slept))
    monkeypatch.setattr(ledger, "step", Away(times=3, is_done=is_done))
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 4}
    assert sorted(transport.recipients) == sorted(f"{name}@example.org" for name in NAMES)
    assert len(slept) == 3


def _insisting(slept: list[float]) -> Any:
    """Insist even within the test's own transaction, in which the real code rightly gives up."""

    def insist(self: Patience, act: Any) -> Any:
        while True:
            try:
                return act()
            except OperationalError:
                slept.append(1)

    return insist


def test_patience_ends_and_waits_longer_each_time(monkeypatch: Any) -> None:
    class Connection:
        in_atomic_block, closed = False, 0

        def close(self) -> None:
            self.closed += 1

    ours = Connection()
    monkeypatch.setattr("newsletters.sending.patience.connection", ours)
    slept: list[float] = []

    def away() -> None:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        Patience(seconds=60, sleep=slept.append).insist(away)
    assert slept == [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15]
    assert ours.closed == len(slept)
    ours.in_atomic_block = True
    with pytest.raises(OperationalError):
        Patience(seconds=60, sleep=slept.append).insist(away)
    assert len(slept) == 9
