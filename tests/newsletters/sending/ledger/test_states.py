"""The ledger: nothing lost, nothing twice, whatever happens in between."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q, UniqueConstraint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.conf import conf
from newsletters.models import ConsentSource, Delivery, Dispatch, Subscription
from newsletters.sending import ledger
from newsletters.sending.engine.heartbeat import heartbeat
from newsletters.sending.ledger.lease import Lease
from newsletters.sending.ledger.status import ledger_status
from newsletters.sending.transport.seam import ConnectionDropped, MessageUnsendable, Reply, ReplyLost, TransportDown
from newsletters.testing import (
    ACCEPTED,
    DEFERRED,
    OUR_FAULT,
    REFUSED,
    FakeTransport,
    FixedClock,
)
from tests.newsletters.conftest import delivery_to, states, subscription_of

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
    assert transport.attempts_for(uncertain.subscription.subscriber.email) == []
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


def test_of_those_deferred_the_one_that_is_due_for_longest_goes_first(dispatch: Any, clock: Any, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 1}
    ann, bob, cem = dispatch.deliveries.order_by("pk").values_list("pk", flat=True)
    for key, minutes in ((ann, 2), (bob, 3), (cem, 1)):
        due_at = clock() - timedelta(minutes=minutes)
        dispatch.deliveries.filter(pk=key).update(status=Status.DEFERRED, due_at=due_at)
    claimed = [claim_all(dispatch, clock=clock, worker=f"w{number}") for number in range(3)]
    assert claimed == [[bob], [ann], [cem]]


@pytest.mark.parametrize("status", ["paused", "finished", "cancelled"])
def test_nothing_is_claimed_of_a_dispatch_that_is_not_being_sent(dispatch: Any, clock: Any, status: str) -> None:
    """Otherwise a worker would claim and release deliveries without end, because none may take off."""
    finished_at = None if status == "paused" else clock()
    Dispatch.objects.filter(pk=dispatch.pk).update(status=status, finished_at=finished_at)
    assert claim_all(dispatch, clock=clock) == []
    assert states(dispatch) == {"ready": 3}


def test_another_workers_row_cannot_be_sent_nor_put_back(dispatch: Any, clock: Any) -> None:
    keys = claim_all(dispatch, clock=clock, worker="w1")
    assert not ledger.put_in_flight(keys[0], worker="w2", now=clock())
    ledger.put_back(keys, worker="w2", status=Status.CLAIMED, now=clock())
    assert states(dispatch) == {"claimed": 3}


def test_what_was_put_in_flight_once_cannot_be_put_in_flight_again(dispatch: Any, clock: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    assert ledger.put_in_flight(key, worker="w1", now=clock())
    assert not ledger.put_in_flight(key, worker="w1", now=clock())


def test_an_answer_for_a_row_that_is_not_in_flight_changes_nothing(dispatch: Any, clock: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    ledger.accept(key, worker="w1", reply=ACCEPTED, now=clock())
    ledger.reject(key, worker="w1", reply=REFUSED, now=clock())
    assert states(dispatch) == {"claimed": 3}


def test_deferring_doubles_the_wait_up_to_the_longest(dispatch: Any, clock: Any, work: Any, make_server: Any) -> None:
    transport = make_server(replies={"ann@example.org": [DEFERRED]})
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


def test_who_was_deferred_at_once_does_not_come_back_at_once(
    dispatch: Any, clock: Any, work: Any, make_server: Any
) -> None:
    waits = []
    for name, chance in (("ann", 0.0), ("bob", 0.5), ("cem", 0.999)):
        work(dispatch, make_server(replies={f"{name}@example.org": [DEFERRED]}), jitter=chance)
        Delivery.objects.exclude(status=Status.DEFERRED).update(status=Status.READY, attempts=0, settled_at=None)
        waits.append((delivery_to(name, dispatch).due_at - clock()).total_seconds())
    assert waits[0] == conf.RETRY_FIRST_SECONDS
    assert waits[1] == conf.RETRY_FIRST_SECONDS * 1.125
    assert waits[1] < waits[2] < conf.RETRY_FIRST_SECONDS * 1.25


def test_a_deferred_row_is_not_claimed_before_it_is_due(dispatch: Any, clock: Any, work: Any, make_server: Any) -> None:
    transport = make_server(replies={"ann@example.org": [DEFERRED, ACCEPTED]})
    work(dispatch, transport)
    clock.forward(seconds=conf.RETRY_FIRST_SECONDS - 1)
    assert work(dispatch, transport) == 0
    assert dispatch.status == Dispatch.Status.SENDING
    clock.forward(seconds=1)
    assert work(dispatch, transport) == 1
    assert states(dispatch) == {"accepted": 3}
    assert delivery_to("ann", dispatch).attempts == 2


def test_after_two_days_of_deferring_the_refusal_is_final(
    dispatch: Any, clock: Any, work: Any, make_server: Any
) -> None:
    transport = make_server(replies={"ann@example.org": [DEFERRED]})
    began = clock()
    for _try in range(40):
        work(dispatch, transport)
        ann = delivery_to("ann", dispatch)
        if ann.status != Status.DEFERRED:
            break
        clock.at = ann.due_at
    assert ann.status == Status.REJECTED
    assert ann.reply.startswith("450 ")
    assert timedelta(hours=48) <= clock() - began <= timedelta(hours=48 + 4)
    assert dispatch.status == Dispatch.Status.FINISHED


def test_leaving_during_a_dispatch_excludes_the_copy_that_has_not_left(
    dispatch: Any, clock: Any, make_server: Any, work: Any
) -> None:
    transport = make_server()
    claim_all(dispatch, clock=clock, worker="other")
    bob = subscription_of("bob", dispatch)
    unsubscribe(bob, source=ConsentSource.ONE_CLICK, now=clock())
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    ledger.release_expired(now=clock())
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "cem@example.org"]
    assert delivery_to("bob", dispatch).reason == "unsubscribed"
    assert ledger_status(dispatch).excluded == {"unsubscribed": 1}


def test_leaving_while_a_batch_runs_stops_the_copy_that_is_claimed(
    dispatch: Any, clock: Any, work: Any, make_server: Any
) -> None:
    cem = subscription_of("cem", dispatch)

    def leave(message: Any) -> None:
        cem.refresh_from_db()
        unsubscribe(cem, source=ConsentSource.ONE_CLICK, now=clock())

    transport = make_server(on_send=leave)
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "bob@example.org"]
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


def test_who_left_while_the_audience_was_frozen_gets_nothing(
    dispatch: Any, clock: Any, make_server: Any, work: Any
) -> None:
    """They unsubscribed before their row was there, so the change reached no row."""
    transport = make_server()
    Subscription.objects.filter(subscriber__email="bob@example.org").update(status=Subscription.Status.ENDED)
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "cem@example.org"]
    bob = delivery_to("bob", dispatch)
    assert (bob.status, bob.reason, bob.settled_at, bob.attempts) == ("excluded", "unsubscribed", clock(), 0)


def test_who_leaves_unnoticed_after_the_claim_gets_nothing(dispatch: Any, work: Any, make_server: Any) -> None:
    cem = Subscription.objects.filter(subscriber__email="cem@example.org")
    transport = make_server(on_send=lambda message: cem.update(status=Subscription.Status.ENDED))
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org", "bob@example.org"]
    assert ledger_status(dispatch).excluded == {"unsubscribed": 1}
    assert dispatch.status == Dispatch.Status.FINISHED


def test_putting_in_flight_costs_one_query(dispatch: Any, clock: Any, django_assert_num_queries: Any) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    with django_assert_num_queries(1):
        assert ledger.put_in_flight(key, worker="w1", now=clock())


def test_leaving_does_not_change_what_was_accepted(dispatch: Any, clock: Any, transport: Any, work: Any) -> None:
    work(dispatch, transport)
    unsubscribe(subscription_of("bob", dispatch), source=ConsentSource.ONE_CLICK, now=clock())
    assert states(dispatch) == {"accepted": 3}


def test_pausing_stops_a_claimed_batch_before_its_next_message_and_resuming_goes_on(
    dispatch: Any, work: Any, make_server: Any
) -> None:
    transport = make_server(on_send=lambda message: ledger.pause(dispatch, why="look at this"))
    first = transport.most
    assert work(dispatch, transport) == first
    assert (dispatch.status, dispatch.status_reason) == (Dispatch.Status.PAUSED, "look at this")
    assert states(dispatch) == {"accepted": first, "ready": 3 - first}
    assert work(dispatch, transport) == 0
    ledger.resume(dispatch)
    transport.on_send = lambda message: None
    assert work(dispatch, transport) == 3 - first
    assert transport.recipients == ["ann@example.org", "bob@example.org", "cem@example.org"]
    assert dispatch.status == Dispatch.Status.FINISHED


def test_cancelling_stops_a_claimed_batch_and_is_final(dispatch: Any, clock: Any, work: Any, make_server: Any) -> None:
    transport = make_server(on_send=lambda message: ledger.cancel(dispatch, now=clock()))
    work(dispatch, transport)
    assert dispatch.status == Dispatch.Status.CANCELLED
    assert states(dispatch) == {"accepted": transport.most, "cancelled": 3 - transport.most}
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


NOW = datetime(2026, 11, 25, tzinfo=UTC)
LEASED = {"leased_until": NOW, "worker": "w1"}
ANSWERED = {"attempts": 1, "first_tried_at": NOW, "settled_at": NOW}
EXCLUDED = {"status": "excluded", "reason": "unsubscribed", "settled_at": NOW}
RIGHT_ROWS: dict[str, dict[str, Any]] = {
    "ready": {"status": "ready"},
    "claimed": {"status": "claimed", **LEASED},
    "in flight": {"status": "in_flight", **LEASED},
    "deferred": {"status": "deferred", "due_at": NOW},
    "accepted": {"status": "accepted", **ANSWERED},
    "rejected": {"status": "rejected", **ANSWERED},
    "uncertain": {"status": "uncertain", **ANSWERED, "settled_at": None},
    "uncertain, its worker may come back": {"status": "uncertain", **ANSWERED, "settled_at": None, "worker": "w1"},
    "bounced": {"status": "bounced", **ANSWERED, "came_back_at": NOW},
    "complained": {"status": "complained", **ANSWERED, "came_back_at": NOW},
    "excluded": EXCLUDED,
    "excluded without an edition": {**EXCLUDED, "edition": None},
    "cancelled": {"status": "cancelled", "settled_at": NOW},
}
WRONG_ROWS: dict[str, dict[str, Any]] = {
    "an unknown state": {"status": "lost"},
    "excluded without a reason": {**EXCLUDED, "reason": ""},
    "a reason without being excluded": {"status": "ready", "reason": "unsubscribed"},
    **{
        f"{name} without an edition": {**RIGHT_ROWS[name], "edition": None}
        for name in RIGHT_ROWS
        if "excluded" not in name
    },
    **{f"{name} without a lease": {**RIGHT_ROWS[name], "leased_until": None} for name in ("claimed", "in flight")},
    **{f"{name} without a worker": {**RIGHT_ROWS[name], "worker": ""} for name in ("claimed", "in flight")},
    **{
        f"{name} with a lease": {**changes, "leased_until": NOW}
        for name, changes in RIGHT_ROWS.items()
        if name not in {"claimed", "in flight"}
    },
    **{
        f"{name} with a worker": {**RIGHT_ROWS[name], "worker": "w1"}
        for name in ("ready", "deferred", "accepted", "rejected", "bounced", "complained", "excluded", "cancelled")
    },
    **{
        f"{name} without a time": {**RIGHT_ROWS[name], "settled_at": None}
        for name in ("accepted", "rejected", "bounced", "complained", "excluded", "cancelled")
    },
    **{
        f"{name} with a time": {**RIGHT_ROWS[name], "settled_at": NOW}
        for name in ("ready", "claimed", "in flight", "deferred", "uncertain")
    },
    **{
        f"{name} without a try": {**RIGHT_ROWS[name], "attempts": 0}
        for name in ("accepted", "rejected", "uncertain", "bounced", "complained")
    },
    "deferred without a next try": {"status": "deferred"},
    "bounced without a time of that": {**RIGHT_ROWS["bounced"], "came_back_at": None},
    "accepted and come back": {**RIGHT_ROWS["accepted"], "came_back_at": NOW},
}


def test_every_state_says_whether_it_waits_and_whether_it_has_gone_out() -> None:
    """A new state is counted as settled, and as not gone out, until somebody decides that here and in the model."""
    assert {row["status"] for row in RIGHT_ROWS.values()} == set(Delivery.Status.values)
    unsettled = {row["status"] for row in RIGHT_ROWS.values() if not row.get("settled_at")}
    assert unsettled == {*Delivery.WAITING, Delivery.Status.UNCERTAIN}
    assert {*Delivery.UNSENT} == {*Delivery.WAITING} - {Delivery.Status.IN_FLIGHT}
    (one_copy,) = (rule for rule in Delivery._meta.constraints if rule.name.endswith("one_copy_gone_out_per_issue"))
    assert isinstance(one_copy, UniqueConstraint)
    assert one_copy.condition == Q(status__in=[str(status) for status in Delivery.GONE_OUT])


@pytest.mark.parametrize("changes", RIGHT_ROWS.values(), ids=RIGHT_ROWS)
def test_the_database_takes(dispatch: Any, changes: Any) -> None:
    assert dispatch.deliveries.update(**changes) == 3


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


def test_the_database_refuses_a_second_dispatch_that_is_not_cancelled(dispatch: Any, clock: Any) -> None:
    for follows in (None, dispatch.pk):
        with pytest.raises(IntegrityError), transaction.atomic():
            another(dispatch, follows_id=follows)
    closed = {"status": "finished", "finished_at": clock()}
    Dispatch.objects.filter(pk=dispatch.pk).update(**closed)
    with pytest.raises(IntegrityError), transaction.atomic():
        another(dispatch)
    another(dispatch, follows_id=dispatch.pk)


def another(dispatch: Dispatch, **changes: Any) -> Dispatch:
    """Save a second dispatch of the same issue."""
    second = copy.deepcopy(dispatch)
    second.pk, second.key = None, "another"
    for name, value in changes.items():
        setattr(second, name, value)
    second.save(force_insert=True)
    return second


def test_the_database_refuses_a_second_copy_of_an_issue_that_has_gone_out(dispatch: Any, clock: Any, work: Any) -> None:
    work(dispatch, FakeTransport())
    second, ann = (
        another(dispatch, follows_id=dispatch.pk, status="sending", finished_at=None),
        delivery_to("ann", dispatch),
    )
    ann.pk, ann.dispatch = None, second
    with pytest.raises(IntegrityError), transaction.atomic():
        ann.save()
    ann.status, ann.settled_at = "ready", None
    ann.save()
    assert ledger.claim(second, worker="w1", now=clock()) == []
    ann.refresh_from_db()
    assert (ann.status, ann.reason) == ("excluded", "has_a_copy")


@pytest.mark.parametrize(
    "changes", [{"finished_at": NOW}, {"status": "paused", "retry_at": NOW}, {"status": "finished"}]
)
def test_the_database_refuses_of_a_dispatch(dispatch: Any, changes: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.filter(pk=dispatch.pk).update(**changes)


# Signs of life, and workers that come back


def test_a_sign_of_life_keeps_what_a_worker_holds_through_a_long_reply(dispatch: Any, clock: Any) -> None:
    first, *_others = claim_all(dispatch, clock=clock)
    assert ledger.put_in_flight(first, worker="w1", now=clock())
    for _beat in range(10):
        clock.forward(seconds=conf.LEASE_SECONDS / 3)
        assert ledger.renew(worker="w1", now=clock()) == 3
        assert ledger.release_expired(now=clock()) == (0, 0)
    assert ledger.renew(worker="w2", now=clock()) == 0
    assert clock() + timedelta(seconds=conf.LEASE_SECONDS) == dispatch.deliveries.get(pk=first).leased_until


def test_the_heart_beats_while_a_worker_waits(monkeypatch: Any) -> None:
    beats, enough = [], Event()

    def renew(*, worker: str, now: datetime) -> None:
        beats.append((worker, now))
        if len(beats) == 1:
            raise OperationalError("the database is gone for a minute")
        enough.set()

    monkeypatch.setattr(ledger, "renew", renew)
    with heartbeat(worker="w1", lease=Lease(clock=FixedClock(at=NOW)), every_seconds=0.01):
        assert enough.wait(timeout=20)
    assert beats[:2] == [("w1", NOW)] * 2


LATE_ANSWERS = {
    "accepted": lambda key, now: ledger.accept(key, worker="slept", reply=ACCEPTED, now=now),
    "rejected": lambda key, now: ledger.reject(key, worker="slept", reply=REFUSED, now=now),
    "deferred": lambda key, now: ledger.defer(key, worker="slept", reply=DEFERRED, now=now, jitter=float),
}


@pytest.mark.parametrize("status", LATE_ANSWERS)
def test_a_worker_that_comes_back_after_its_lease_was_taken_still_brings_the_answer(
    dispatch: Any, clock: Any, status: str
) -> None:
    key = asleep(dispatch, clock=clock)
    LATE_ANSWERS[status](key, clock())
    late = dispatch.deliveries.get(pk=key)
    assert (late.status, late.attempts, late.worker, late.leased_until) == (status, 1, "", None)


def test_it_brings_nothing_once_a_person_has_decided_or_another_worker_has_the_row(dispatch: Any, clock: Any) -> None:
    key = asleep(dispatch, clock=clock)
    assert ledger.resolve_uncertain(key, went_out=False, now=clock())
    assert key in claim_all(dispatch, clock=clock, worker="w2")
    assert ledger.put_in_flight(key, worker="w2", now=clock())
    LATE_ANSWERS["accepted"](key, clock())
    assert dispatch.deliveries.get(pk=key).status == "in_flight"


def test_it_asks_no_dispatch_to_go_on_that_has_ended(dispatch: Any, clock: Any) -> None:
    key = asleep(dispatch, clock=clock)
    ledger.cancel(dispatch, now=clock())
    LATE_ANSWERS["deferred"](key, clock())
    assert dispatch.deliveries.get(pk=key).status == "uncertain"


def asleep(dispatch: Dispatch, *, clock: FixedClock) -> int:
    """Return the delivery that a worker had in flight while it slept until its lease ended."""
    first, *_others = claim_all(dispatch, clock=clock, worker="slept")
    assert ledger.put_in_flight(first, worker="slept", now=clock())
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    assert ledger.release_expired(now=clock()) == (2, 1)
    return first


def test_with_a_clock_that_was_set_back_nobody_waits_longer_than_usual(
    dispatch: Any, clock: Any, work: Any, make_server: Any
) -> None:
    work(dispatch, make_server(replies={"ann@example.org": [DEFERRED], "bob@example.org": [DEFERRED]}))
    Delivery.objects.filter(status=Status.ACCEPTED).update(status=Status.READY, settled_at=None)
    (cem,) = claim_all(dispatch, clock=clock)
    assert ledger.put_in_flight(cem, worker="w1", now=clock())
    clock.forward(days=-30)
    assert ledger.release_expired(now=clock()) == (0, 0)
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    assert ledger.release_expired(now=clock()) == (0, 1)
    clock.forward(seconds=conf.RETRY_MOST_SECONDS)
    assert len(claim_all(dispatch, clock=clock)) == 2


# What comes back, and what a person decides


def test_what_was_accepted_can_bounce_and_be_complained_about(dispatch: Any, clock: Any, work: Any) -> None:
    work(dispatch, FakeTransport(replies={"bob@example.org": [ReplyLost("lost")], "cem@example.org": [REFUSED]}))
    clock.forward(minutes=5)
    work(dispatch, FakeTransport(replies={"cem@example.org": [REFUSED]}))
    accepted_at = delivery_to("ann", dispatch).settled_at
    clock.forward(hours=1)
    found = [Delivery.of_message_id(delivery_to(name, dispatch).message_id) for name in ("ann", "bob", "cem")]
    ann, bob, cem = (one.pk for one in found if one)
    assert ledger.bounce(ann, why="5.1.1 no such user", now=clock())
    assert ledger.bounce(bob, why="5.2.2 full", now=clock())  # so it did go out
    assert not ledger.bounce(cem, why="5.1.1 no such user", now=clock())
    assert not ledger.bounce(ann, why="again", now=clock())
    assert states(dispatch) == {"bounced": 2, "rejected": 1}
    bounced = delivery_to("ann", dispatch)
    assert (bounced.settled_at, bounced.came_back_at, bounced.reply) == (accepted_at, clock(), "5.1.1 no such user")
    assert ledger.complain(ann, now=clock())
    assert not ledger.complain(cem, now=clock())
    assert states(dispatch) == {"bounced": 1, "complained": 1, "rejected": 1}


def test_a_delivery_is_found_by_its_message_id_and_by_a_return_path_of_its_own(dispatch: Any) -> None:
    ann = delivery_to("ann", dispatch)
    name = ann.message_id.strip("<>")
    for written in (ann.message_id, name, f" <{name}>\n", f"bounce+{name}", f"letter-bounce={name}"):
        assert Delivery.of_message_id(written) == ann, written
    wrong_key = name.replace(dispatch.key, "0" * 16)
    for written in ("", "<>", "nobody@hub.test", wrong_key, name.replace(".", "-"), f"9{name}", f"x{name}", "9" * 400):
        assert Delivery.of_message_id(written) is None, written


@pytest.mark.parametrize(("went_out", "status"), [(True, "accepted"), (False, "ready")])
def test_all_uncertain_ones_are_resolved_at_once(
    dispatch: Any, clock: Any, work: Any, went_out: bool, status: str
) -> None:
    lost = FakeTransport(replies={f"{name}@example.org": [ReplyLost("lost")] for name in ("ann", "bob")})
    for _minute in range(3):
        work(dispatch, lost)
    assert states(dispatch) == {"uncertain": 2, "accepted": 1}
    assert dispatch.status == Dispatch.Status.FINISHED
    assert ledger.resolve_all_uncertain(dispatch, went_out=went_out, now=clock()) == 2
    assert ledger.resolve_all_uncertain(dispatch, went_out=went_out, now=clock()) == 0
    dispatch.refresh_from_db()
    assert states(dispatch) == ({"accepted": 3} if went_out else {"ready": 2, "accepted": 1})
    assert dispatch.status == (Dispatch.Status.FINISHED if went_out else Dispatch.Status.SENDING)


def test_in_a_cancelled_dispatch_what_did_not_go_out_is_cancelled(dispatch: Any, clock: Any, work: Any) -> None:
    work(dispatch, FakeTransport(replies={"ann@example.org": [ReplyLost("lost")]}))
    ledger.cancel(dispatch, now=clock())
    assert ledger.resolve_uncertain(delivery_to("ann", dispatch).pk, went_out=False, now=clock())
    assert states(dispatch) == {"cancelled": 3}


def test_while_another_dispatch_of_the_issue_is_on_its_way_none_is_sent_again(
    dispatch: Any, clock: Any, work: Any
) -> None:
    for _minute in range(2):
        work(dispatch, FakeTransport(replies={"ann@example.org": [ReplyLost("lost")]}))
    another(dispatch, follows_id=dispatch.pk, status="sending", finished_at=None)
    assert not ledger.resolve_uncertain(delivery_to("ann", dispatch).pk, went_out=False, now=clock())
    assert states(dispatch) == {"accepted": 2, "uncertain": 1}


COME_BACK = {
    "later": lambda key, now: ledger.defer(key, worker="w1", reply=DEFERRED, now=now, jitter=float),
    "set aside": lambda key, now: ledger.set_aside(key, worker="w1", why="hung up", now=now, jitter=float),
    "no server": lambda key, now: ledger.put_back([key], worker="w1", status=Status.IN_FLIGHT, now=now),
}


@pytest.mark.parametrize("come_back", COME_BACK.values(), ids=COME_BACK)
def test_what_was_in_flight_when_its_dispatch_was_cancelled_does_not_wait_for_ever(
    dispatch: Any, clock: Any, come_back: Any
) -> None:
    key = claim_all(dispatch, clock=clock)[0]
    ledger.put_in_flight(key, worker="w1", now=clock())
    ledger.cancel(dispatch, now=clock())
    dispatch.refresh_from_db()
    assert ledger_status(dispatch).adds_up
    come_back(key, clock())
    assert states(dispatch) == {"cancelled": 3}


def test_the_sweeper_ends_what_came_back_while_its_dispatch_was_cancelled(dispatch: Any, clock: Any) -> None:
    Dispatch.objects.filter(pk=dispatch.pk).update(status="cancelled", finished_at=clock())
    dispatch.refresh_from_db()
    assert not ledger_status(dispatch).adds_up
    ledger.release_expired(now=clock())
    assert states(dispatch) == {"cancelled": 3}
    assert ledger_status(dispatch).adds_up


def test_second_tries_do_not_hold_up_those_who_were_not_tried(dispatch: Any, clock: Any, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 2}
    ann, bob, cem = dispatch.deliveries.order_by("pk").values_list("pk", flat=True)
    Delivery.objects.filter(pk__in=[ann, bob]).update(status=Status.DEFERRED, due_at=clock())
    assert sorted(claim_all(dispatch, clock=clock)) in ([ann, cem], [bob, cem])


def test_what_each_move_costs(dispatch: Any, clock: Any, django_assert_num_queries: Any) -> None:
    """With 3 rows or 100: only a claim handles several rows."""
    with django_assert_num_queries(8):  # two for the savepoint
        key = claim_all(dispatch, clock=clock)[0]
    with django_assert_num_queries(1):
        ledger.put_in_flight(key, worker="w1", now=clock())
    with django_assert_num_queries(1):
        ledger.accept(key, worker="w1", reply=ACCEPTED, now=clock())
    with django_assert_num_queries(1):
        ledger_status(dispatch)


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
    dispatch: Any, work: Any, clock: Any, scripts: Any, events: Any, make_server: Any
) -> None:
    replies = {f"{name}@example.org": script for name, script in zip(("ann", "bob", "cem"), scripts, strict=True)}
    transport, began = make_server(replies=replies), clock.at
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
        assert delivery.subscription
        _see_that_nothing_went_twice(delivery, transport.attempts_for(delivery.subscription.subscriber.email))


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
            unsubscribe(subscription_of("bob", dispatch), source=ConsentSource.ONE_CLICK, now=clock())
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
