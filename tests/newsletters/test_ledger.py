"""The ledger: nothing lost, nothing twice, whatever happens in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletters import ledger
from newsletters.actions.change_subscription import unsubscribe
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch, Subscription
from newsletters.queries import ledger_status
from newsletters.sending.transport import ConnectionDropped, MessageUnsendable, Reply, ReplyLost, TransportDown
from newsletters.testing import (
    ACCEPTED,
    DEFERRED,
    OUR_FAULT,
    REFUSED,
    FakeTransport,
    FixedClock,
)
from tests.newsletters.conftest import delivery_to, states

Status = Delivery.Status


def claim_all(dispatch: Dispatch, *, clock: FixedClock, worker: str = "w1") -> list[int]:
    return ledger.claim(dispatch, worker=worker, now=clock())


def test_a_row_in_flight_when_its_worker_died_becomes_uncertain_and_is_not_sent_again(
    dispatch: Any, clock: Any, transport: Any, work: Any
) -> None:
    first, *_others = claim_all(dispatch, clock=clock, worker="dead")
    assert ledger.put_in_flight(first, worker="dead", now=clock())
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    assert ledger.release_expired(now=clock()) == (2, 1)
    assert states(dispatch) == {"ready": 2, "uncertain": 1}
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "uncertain": 1}
    uncertain = dispatch.deliveries.get(pk=first)
    assert transport.tries_of(uncertain.subscription.subscriber.email) == []
    assert uncertain.reply == "worker_died"
    assert (uncertain.attempts, uncertain.first_tried_at) == (1, clock())
    assert dispatch.status == Dispatch.Status.FINISHED


def test_before_the_lease_ends_nothing_is_taken_back(dispatch: Any, clock: Any) -> None:
    claim_all(dispatch, clock=clock)
    clock.forward(seconds=conf.LEASE_SECONDS - 1)
    assert ledger.release_expired(now=clock()) == (0, 0)
    assert states(dispatch) == {"claimed": 3}


def test_a_worker_whose_lease_has_ended_may_not_send(dispatch: Any, clock: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    clock.forward(seconds=conf.LEASE_SECONDS)
    assert not ledger.put_in_flight(key, worker="w1", now=clock())


def test_claims_are_disjoint_and_in_order(dispatch: Any, clock: Any, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 2}
    keys = sorted(dispatch.deliveries.values_list("pk", flat=True))
    assert claim_all(dispatch, clock=clock, worker="w1") == keys[:2]
    assert claim_all(dispatch, clock=clock, worker="w2") == keys[2:]
    assert claim_all(dispatch, clock=clock, worker="w3") == []


def test_another_workers_row_cannot_be_sent_nor_put_back(dispatch: Any, clock: Any) -> None:
    keys = claim_all(dispatch, clock=clock, worker="w1")
    assert not ledger.put_in_flight(keys[0], worker="w2", now=clock())
    ledger.put_back(keys, worker="w2", status=Status.CLAIMED)
    assert states(dispatch) == {"claimed": 3}


def test_what_was_put_in_flight_once_cannot_be_put_in_flight_again(dispatch: Any, clock: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    assert ledger.put_in_flight(key, worker="w1", now=clock())
    assert not ledger.put_in_flight(key, worker="w1", now=clock())


def test_an_answer_for_a_row_that_is_not_in_flight_changes_nothing(dispatch: Any, clock: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    ledger.accept(key, reply=ACCEPTED, now=clock())
    ledger.reject(key, reply=REFUSED, now=clock())
    assert states(dispatch) == {"claimed": 3}


def test_deferring_doubles_the_wait_up_to_the_longest(dispatch: Any, clock: Any, work: Any) -> None:
    transport = FakeTransport(replies={"ann@example.org": [DEFERRED]})
    waits = []
    for _try in range(9):
        work(dispatch, transport)
        ann = delivery_to("ann", dispatch)
        assert ann.status == Status.DEFERRED
        waits.append((ann.due_at - clock()).total_seconds())
        clock.at = ann.due_at
    first, most = conf.RETRY_FIRST_SECONDS, conf.RETRY_MOST_SECONDS
    assert waits == [min(first * 2**n, most) for n in range(9)]
    assert waits[-1] == most


def test_who_was_deferred_at_once_does_not_come_back_at_once(dispatch: Any, clock: Any, work: Any) -> None:
    waits = []
    for name, chance in (("ann", 0.0), ("bob", 0.5), ("cem", 0.999)):
        work(dispatch, FakeTransport(replies={f"{name}@example.org": [DEFERRED]}), jitter=chance)
        Delivery.objects.exclude(status=Status.DEFERRED).update(status=Status.READY, attempts=0)
        waits.append((delivery_to(name, dispatch).due_at - clock()).total_seconds())
    assert waits[0] == conf.RETRY_FIRST_SECONDS
    assert waits[1] == conf.RETRY_FIRST_SECONDS * 1.125
    assert waits[1] < waits[2] < conf.RETRY_FIRST_SECONDS * 1.25


def test_a_deferred_row_is_not_claimed_before_it_is_due(dispatch: Any, clock: Any, work: Any) -> None:
    transport = FakeTransport(replies={"ann@example.org": [DEFERRED, ACCEPTED]})
    work(dispatch, transport)
    clock.forward(seconds=conf.RETRY_FIRST_SECONDS - 1)
    assert work(dispatch, transport) == 0
    assert dispatch.status == Dispatch.Status.SENDING
    clock.forward(seconds=1)
    assert work(dispatch, transport) == 1
    assert states(dispatch) == {"accepted": 3}
    assert delivery_to("ann", dispatch).attempts == 2


def test_after_two_days_of_deferring_the_refusal_is_final(dispatch: Any, clock: Any, work: Any) -> None:
    transport = FakeTransport(replies={"ann@example.org": [DEFERRED]})
    began = clock()
    for _try in range(40):
        work(dispatch, transport)
        ann = delivery_to("ann", dispatch)
        if ann.status != Status.DEFERRED:
            break
        clock.at = ann.due_at
    assert ann.status == Status.REJECTED
    assert ann.reply == "450 4.2.0 come back later"
    assert timedelta(hours=48) <= clock() - began <= timedelta(hours=48 + 4)
    assert dispatch.status == Dispatch.Status.FINISHED


def test_leaving_during_a_dispatch_excludes_the_copy_that_has_not_left(
    dispatch: Any, clock: Any, transport: Any, work: Any
) -> None:
    claim_all(dispatch, clock=clock, worker="other")
    bob = delivery_to("bob", dispatch).subscription
    unsubscribe(bob, source="test", now=clock())
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    ledger.release_expired(now=clock())
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "cem@example.org"]
    assert delivery_to("bob", dispatch).reason == "unsubscribed"
    assert ledger_status(dispatch).excluded == {"unsubscribed": 1}


def test_leaving_while_a_batch_runs_stops_the_copy_that_is_claimed(dispatch: Any, clock: Any, work: Any) -> None:
    bob = delivery_to("bob", dispatch).subscription

    def leave(message: Any) -> None:
        bob.refresh_from_db()
        unsubscribe(bob, source="one-click", now=clock())

    transport = FakeTransport(on_send=leave)
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "cem@example.org"]
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


LEAVING = {"left": Subscription.Status.ENDED, "left and asked again": Subscription.Status.PENDING}


@pytest.mark.parametrize("status", LEAVING.values(), ids=LEAVING)
def test_who_left_while_the_audience_was_frozen_gets_nothing(
    dispatch: Any, clock: Any, transport: Any, work: Any, status: str
) -> None:
    """Their leaving was committed when their row was not there yet, so it reached no row."""
    Subscription.objects.filter(subscriber__email="bob@example.org").update(status=status)
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "cem@example.org"]
    bob = delivery_to("bob", dispatch)
    assert (bob.status, bob.reason, bob.settled_at, bob.attempts) == ("excluded", "unsubscribed", clock(), 0)


def test_who_leaves_unnoticed_after_the_claim_gets_nothing(dispatch: Any, work: Any) -> None:
    bob = Subscription.objects.filter(subscriber__email="bob@example.org")
    transport = FakeTransport(on_send=lambda message: bob.update(status=Subscription.Status.ENDED))
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "cem@example.org"]
    assert ledger_status(dispatch).excluded == {"unsubscribed": 1}
    assert dispatch.status == Dispatch.Status.FINISHED


def test_putting_in_flight_costs_one_query(dispatch: Any, clock: Any, django_assert_num_queries: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    with django_assert_num_queries(1):
        assert ledger.put_in_flight(key, worker="w1", now=clock())


def test_leaving_does_not_change_what_was_accepted(dispatch: Any, clock: Any, transport: Any, work: Any) -> None:
    work(dispatch, transport)
    unsubscribe(delivery_to("bob", dispatch).subscription, source="test", now=clock())
    assert states(dispatch) == {"accepted": 3}


def test_pausing_stops_a_claimed_batch_before_its_next_message_and_resuming_goes_on(dispatch: Any, work: Any) -> None:
    transport = FakeTransport(on_send=lambda message: ledger.pause(dispatch, why="look at this"))
    assert work(dispatch, transport) == 1
    assert (dispatch.status, dispatch.status_reason) == (Dispatch.Status.PAUSED, "look at this")
    assert states(dispatch) == {"accepted": 1, "ready": 2}
    assert work(dispatch, transport) == 0
    ledger.resume(dispatch)
    transport.on_send = lambda message: None
    assert work(dispatch, transport) == 2
    assert transport.recipients == ["ann@example.org", "bob@example.org", "cem@example.org"]
    assert dispatch.status == Dispatch.Status.FINISHED


def test_cancelling_stops_a_claimed_batch_and_is_final(dispatch: Any, clock: Any, work: Any) -> None:
    transport = FakeTransport(on_send=lambda message: ledger.cancel(dispatch, now=clock()))
    work(dispatch, transport)
    assert dispatch.status == Dispatch.Status.CANCELLED
    assert states(dispatch) == {"accepted": 1, "cancelled": 2}
    ledger.resume(dispatch)
    assert work(dispatch, transport) == 0


def test_a_finished_dispatch_cannot_be_cancelled_or_paused(
    dispatch: Any, clock: Any, transport: Any, work: Any
) -> None:
    work(dispatch, transport)
    ledger.cancel(dispatch, now=clock())
    ledger.pause(dispatch, why="too late")
    dispatch.refresh_from_db()
    assert dispatch.status == Dispatch.Status.FINISHED
    assert states(dispatch) == {"accepted": 3}


def test_a_second_dispatch_skips_those_who_got_the_cancelled_one(
    hub: Any, dispatch: Any, clock: Any, work: Any
) -> None:
    lost = FakeTransport(replies={"ann@example.org": [ReplyLost("lost")]})
    work(dispatch, lost)
    clock.forward(hours=1)
    work(dispatch, FakeTransport(on_send=lambda message: ledger.cancel(dispatch, now=clock())))
    assert states(dispatch) == {"accepted": 1, "cancelled": 1, "uncertain": 1}
    again, transport = hub.send(), FakeTransport()
    work(again, transport)
    assert transport.recipients == ["cem@example.org"]
    assert states(again) == {"accepted": 1}


WRONG_ROWS = {
    "excluded without a reason": {"status": "excluded", "edition": None},
    "ready without an edition": {"status": "ready", "edition": None},
    "claimed without a lease": {"status": "claimed"},
    "in flight without a lease": {"status": "in_flight"},
    "accepted without a time": {"status": "accepted"},
}


@pytest.mark.parametrize("changes", WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_the_database_refuses(dispatch: Any, changes: Any) -> None:
    ann = delivery_to("ann", dispatch)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(pk=ann.pk).update(**changes)


def test_the_database_refuses_a_second_copy_for_the_same_person(dispatch: Any) -> None:
    ann = delivery_to("ann", dispatch)
    ann.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        ann.save()


def test_the_database_refuses_a_second_dispatch_that_is_not_cancelled(dispatch: Any) -> None:
    dispatch.pk, dispatch.key = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        dispatch.save()


FATES = st.sampled_from(
    [
        *(ACCEPTED, ACCEPTED, REFUSED, DEFERRED, OUR_FAULT, Reply(code=421, text="4.3.2 going down")),
        *(ReplyLost("lost"), TransportDown("gone"), MessageUnsendable("odd"), ConnectionDropped("hung up")),
    ]
)
SCRIPTS = st.lists(st.lists(FATES, min_size=1, max_size=4), min_size=3, max_size=3)
EVENTS = st.lists(st.sampled_from(["work", "wait", "kill", "sweep", "leave", "pause", "resume"]), max_size=12)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scripts=SCRIPTS, events=EVENTS)
def test_whatever_happens_everybody_is_in_one_state_and_nobody_gets_it_twice(
    dispatch: Any, work: Any, clock: Any, scripts: Any, events: Any
) -> None:
    replies = {f"{name}@example.org": script for name, script in zip(("ann", "bob", "cem"), scripts, strict=True)}
    transport, began = FakeTransport(replies=replies), clock.at
    with transaction.atomic():
        for event in events:
            _happen(event, dispatch=dispatch, transport=transport, work=work, clock=clock)
            _see_that_all_is_well(dispatch, transport)
        for _half_a_day in range(8):
            for event in ("sweep", "resume", "work"):
                _happen(event, dispatch=dispatch, transport=transport, work=work, clock=clock)
            _see_that_all_is_well(dispatch, transport)
            if dispatch.status == Dispatch.Status.FINISHED:
                break
            clock.forward(hours=12)
        never_ends = any(script[-1] == OUR_FAULT or isinstance(script[-1], TransportDown) for script in scripts)
        assert never_ends or not ledger_status(dispatch).waiting
        clock.at = began
        transaction.set_rollback(True)


def _see_that_all_is_well(dispatch: Dispatch, transport: FakeTransport) -> None:
    status = ledger_status(dispatch)
    assert status.audience == len(transport.replies) == sum(status.counts.values())
    for delivery in dispatch.deliveries.select_related("subscription__subscriber"):
        _see_that_nothing_went_twice(delivery, transport.tries_of(delivery.subscription.subscriber.email))


def _happen(event: str, *, dispatch: Dispatch, transport: FakeTransport, work: Any, clock: FixedClock) -> None:
    match event:
        case "work":
            work(dispatch, transport)
        case "wait":
            clock.forward(hours=1)
        case "kill":  # a worker dies with one row in flight
            for key in ledger.claim(dispatch, worker="dead", now=clock())[:1]:
                ledger.put_in_flight(key, worker="dead", now=clock())
        case "sweep":
            ledger.release_expired(now=clock())
        case "leave":
            subscription = delivery_to("bob", dispatch).subscription
            unsubscribe(subscription, source="test", now=clock())
        case "pause":
            ledger.pause(dispatch, why="test")
        case "resume":
            ledger.resume(dispatch)


def _see_that_nothing_went_twice(delivery: Delivery, tries: list[Any]) -> None:
    taken = [one for one in tries if one.outcome == ACCEPTED]
    lost = [one for one in tries if isinstance(one.outcome, ReplyLost)]
    assert len(taken) + len(lost) <= 1  # what may have gone out is never sent again
    assert len(taken) == (delivery.status == Status.ACCEPTED)
    assert not lost or delivery.status == Status.UNCERTAIN
    if taken or lost:
        assert tries[-1] is (taken or lost)[0]
