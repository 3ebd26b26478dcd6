"""How fast and when a newsletter sends: limits that all workers share, windows, and the warm-up of a new sender."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.checks import check_settings
from newsletters.conf import conf
from newsletters.models import Allowance, ConsentSource, Delivery, Dispatch, Newsletter, SendingCount
from newsletters.models.weekdays import WeekdaysFormField
from newsletters.sending import ledger
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.ledger.pacing import TURN_SECONDS, Pace
from newsletters.sending.ledger.rate_limits import reserve, warm_up_today
from newsletters.sending.ledger.window import next_open
from newsletters.sending.transport.seam import ConnectionDropped, OutgoingMail, Reply, TakeOff, TransportDown
from newsletters.testing import FakeTransport, FixedClock
from tests.newsletters.conftest import states, subscription_of
from tests.newsletters.sending.fake_provider import FakeProvider

Status = Delivery.Status
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=NOW)


@pytest.fixture
def crowd(hub: Any) -> Dispatch:
    """A dispatch to ten people."""
    hub.subscribe(*(f"reader{number}" for number in range(10)))
    dispatch = hub.send()
    Dispatch.objects.filter(pk=dispatch.pk).update(created_at=NOW)
    return dispatch


def limit(dispatch: Dispatch, **limits: Any) -> None:
    Newsletter.objects.filter(pk=dispatch.newsletter_id).update(**limits)


def test_without_limits_nothing_is_counted(crowd: Dispatch, clock: Any, work: Any, make_server: Any) -> None:
    work(crowd, make_server())
    assert states(crowd) == {"accepted": 10}
    assert not Allowance.objects.exists()


@pytest.mark.parametrize(("name", "period"), [("hour", timedelta(hours=1)), ("day", timedelta(days=1))])
def test_no_more_go_out_in_any_hour_or_day_and_the_dispatch_says_until_when(
    crowd: Dispatch, clock: Any, work: Any, name: str, period: timedelta, make_server: Any
) -> None:
    limit(crowd, **{f"most_per_{name}": 4})
    assert work(crowd, make_server()) == 4
    assert crowd.status_reason == "waits_for_speed"
    assert crowd.retry_at == NOW + period + timedelta(minutes=1)
    clock.forward(seconds=period.total_seconds() - 1)
    assert work(crowd, make_server(), worker="w2") == 0
    clock.at = crowd.retry_at
    assert work(crowd, make_server(), worker="w2") == 4
    clock.forward(seconds=period.total_seconds() + 60)
    assert work(crowd, make_server()) == 2
    assert states(crowd) == {"accepted": 10}
    assert SendingCount.objects.count() <= 3


def test_the_limits_of_the_settings_hold_for_all_newsletters_together(
    crowd: Dispatch, clock: Any, work: Any, settings: Any
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"MOST_PER_HOUR": 3}
    other = Newsletter.objects.create(name="Other", slug="other", sender_email="other@hub.test")
    assert reserve(other, wanted=2, pace=None, now=clock()).count == 2
    assert work(crowd, FakeTransport()) == 1


def test_what_was_taken_and_not_sent_is_given_back(crowd: Dispatch, clock: Any, work: Any, make_server: Any) -> None:
    limit(crowd, most_per_hour=6, warm_up_first_day=6)
    gone = make_server(replies={f"reader{number}@example.org": [TransportDown("gone")] for number in range(10)})
    for _minute in range(5):
        work(crowd, gone)
        clock.forward(minutes=1)
    assert states(crowd) == {"ready": 10}
    assert work(crowd, make_server()) == 6


def test_the_pace_per_second_and_minute_is_shared_by_all_workers(crowd: Dispatch, clock: Any, make_server: Any) -> None:
    limit(crowd, most_per_second=2, most_per_minute=60)
    sent: list[float] = []
    transport = make_server(on_send=lambda message: sent.append((clock() - NOW).total_seconds()))
    send_batch(
        crowd, transport=transport, worker="w1", clock=clock, sleep=lambda seconds: clock.forward(seconds=seconds)
    )
    assert sent == [float(second) for second in range(10)]
    assert (states(crowd), crowd.retry_at) == ({"accepted": 10}, None)


def test_two_paces_take_turns_and_never_more_than_a_few_seconds_ahead(crowd: Dispatch, clock: Any) -> None:
    limit(crowd, most_per_second=1)
    first, second = (Pace(clock=clock) for _ in range(2))
    one = ledger.claim(crowd, worker="w1", now=clock(), pace=first)
    two = ledger.claim(crowd, worker="w2", now=clock(), pace=second)
    assert (len(one), len(two)) == (6, 4)
    assert (first.must_wait, second.must_wait) == (False, True)
    assert Allowance.objects.get().free_at == NOW + timedelta(seconds=10)
    assert ledger.claim(crowd, worker="w3", now=clock()) == []


def test_a_slow_pace_leaves_the_worker_to_others_and_a_clock_set_back_stops_nobody(crowd: Dispatch, clock: Any) -> None:
    limit(crowd, most_per_minute=1)
    assert len(ledger.claim(crowd, worker="w1", now=clock(), pace=Pace(clock=clock))) == 1
    assert ledger.claim(crowd, worker="w1", now=clock(), pace=Pace(clock=clock)) == []
    crowd.refresh_from_db()
    assert crowd.retry_at is None
    clock.forward(seconds=60 - TURN_SECONDS)
    assert len(ledger.claim(crowd, worker="w1", now=clock(), pace=Pace(clock=clock))) == 1
    clock.forward(days=-1)
    assert len(ledger.claim(crowd, worker="w1", now=clock(), pace=Pace(clock=clock))) == 1


def test_a_limit_that_is_lifted_holds_a_worker_up_no_longer(crowd: Dispatch, clock: FixedClock) -> None:
    limit(crowd, most_per_minute=1)
    pace = Pace(clock=clock)
    assert len(ledger.claim(crowd, worker="w1", now=clock(), pace=pace)) == 1
    pace.wait()
    assert pace.must_wait
    limit(crowd, most_per_minute=None)
    assert len(ledger.claim(crowd, worker="w1", now=clock(), pace=pace)) > 1
    assert not pace.must_wait


def test_while_it_waits_for_its_pace_nothing_is_in_flight_and_it_can_be_stopped(
    crowd: Dispatch, clock: Any, make_server: Any
) -> None:
    limit(crowd, most_per_second=1)
    seen = []

    def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)
        seen.append(states(crowd).get("in_flight", 0))

    send_batch(
        crowd,
        transport=make_server(),
        worker="w1",
        clock=clock,
        sleep=sleep,
        should_stop=lambda: clock() > NOW + timedelta(seconds=2),
    )
    assert set(seen) == {0}
    assert states(crowd) == {"accepted": 3, "ready": 7}


@dataclass(kw_only=True)
class Announced(FakeTransport):
    """A mail server that records which mails were announced together with the one before."""

    announced: list[bool] = field(default_factory=list)

    def hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None = None, take_off: TakeOff) -> Reply:
        self.announced.append(following is not None)
        return super().hand_over(mail, following=following, take_off=take_off)


def test_a_mail_that_has_to_wait_for_its_time_or_its_domain_is_not_announced(hub: Any, clock: Any, work: Any) -> None:
    hub.subscribe("ann", "bob")
    hub.subscribe("cem", "dee", "eva", domain="busy.example")
    dispatch, slow = hub.send(), Reply(code=450, text="4.2.1 too fast")
    transport = Announced(replies={"cem@busy.example": [slow], "dee@busy.example": [slow]})
    work(dispatch, transport)
    assert transport.announced == [True, True, True]  # nobody knew yet that Dee has to wait
    clock.forward(seconds=2 * conf.RETRY_FIRST_SECONDS)
    limit(dispatch, most_per_second=1)
    paced = Announced()
    send_batch(
        dispatch, transport=paced, worker="w2", clock=clock, sleep=lambda seconds: clock.forward(seconds=seconds)
    )
    assert paced.announced == [False, False, False]
    assert states(dispatch)["accepted"] == 5


def test_what_waits_for_its_domain_takes_nothing_of_the_speed(hub: Any, clock: Any, work: Any) -> None:
    hub.subscribe("ann", "bob", "cem", "dee", domain="busy.example")
    hub.subscribe("eva", "finn")
    dispatch = hub.send()
    limit(dispatch, most_per_hour=4)
    slow = Reply(code=450, text="4.2.1 too fast")
    transport = FakeTransport(replies={"ann@busy.example": [slow]})
    work(dispatch, transport)
    assert transport.recipients == ["eva@example.org", "finn@example.org"]
    assert dispatch.retry_at is None


def test_a_speed_that_keeps_the_others_back_blames_nobody_at_whom_the_server_hung_up(
    crowd: Dispatch, clock: Any, work: Any
) -> None:
    limit(crowd, most_per_minute=1)
    hung_up = FakeTransport(replies={"reader0@example.org": [ConnectionDropped("gone")]})
    send_batch(crowd, transport=hung_up, worker="w1", clock=clock, sleep=lambda seconds: None)
    assert states(crowd) == {"deferred": 1, "ready": 9}
    assert not crowd.deliveries.exclude(attempts=0).exists()


def test_a_new_sender_warms_up_by_days_on_which_something_is_sent(
    crowd: Dispatch, clock: Any, work: Any, make_server: Any
) -> None:
    limit(crowd, warm_up_first_day=1, warm_up_growth=2, time_zone="Europe/Amsterdam")
    newsletter = Newsletter.objects.get(pk=crowd.newsletter_id)
    sent = []
    for day in range(1, 5):
        assert warm_up_today(newsletter, now=clock()) == (day, 2 ** (day - 1))
        sent.append(work(crowd, make_server()))
        if crowd.retry_at:
            assert crowd.status_reason == "waits_for_warm_up"
            assert crowd.retry_at.astimezone(newsletter.zone).time() == time.min
            clock.at = crowd.retry_at
    assert sent == [1, 2, 4, 3]


def test_outside_the_window_it_waits_and_goes_on_when_staff_change_that(
    crowd: Dispatch, clock: Any, work: Any, make_server: Any
) -> None:
    limit(crowd, send_from=time(9), send_until=time(12), time_zone="Europe/Amsterdam")  # it is 13:00 there
    assert work(crowd, make_server()) == 0
    assert crowd.status_reason == "waits_for_window"
    assert crowd.retry_at == datetime(2026, 11, 26, 8, tzinfo=UTC)
    ledger.look_again(now=clock())
    crowd.refresh_from_db()
    assert crowd.retry_at == datetime(2026, 11, 26, 8, tzinfo=UTC)
    limit(crowd, send_until=time(18))
    ledger.look_again(now=clock())
    assert work(crowd, make_server()) == 10


def test_what_waits_for_the_server_waits_on_unless_the_clock_was_set_back(
    crowd: Dispatch, clock: Any, work: Any, make_server: Any
) -> None:
    work(crowd, make_server(down_after=0))
    until = crowd.retry_at
    ledger.look_again(now=clock())
    crowd.refresh_from_db()
    assert crowd.retry_at == until
    ledger.look_again(now=clock() - timedelta(seconds=2 * conf.RETRY_MOST_SECONDS))
    crowd.refresh_from_db()
    assert crowd.retry_at is None


WORKDAYS = "12345"
WINDOWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "open now": ({"send_from": time(9), "send_until": time(17)}, "2026-11-25T09:00", "2026-11-25T09:00"),
    "too early": ({"send_from": time(9), "send_until": time(17)}, "2026-11-25T07:59", "2026-11-25T09:00"),
    "its end is not in it": ({"send_from": time(9), "send_until": time(17)}, "2026-11-25T17:00", "2026-11-26T09:00"),
    "on Friday evening": (
        {"send_from": time(9), "send_until": time(17), "send_on": WORKDAYS},
        "2026-11-27T17:30",
        "2026-11-30T09:00",
    ),
    "whole days": ({"send_on": "7"}, "2026-11-25T12:00", "2026-11-29T00:00"),
    "over midnight": ({"send_from": time(22), "send_until": time(6)}, "2026-11-25T03:00", "2026-11-25T03:00"),
    "the night of its day": (
        {"send_from": time(22), "send_until": time(6), "send_on": "5"},
        "2026-11-28T05:59",
        "2026-11-28T05:59",
    ),
    "another night": (
        {"send_from": time(22), "send_until": time(6), "send_on": "5"},
        "2026-11-27T03:00",
        "2026-11-27T22:00",
    ),
    "a time that the clocks skip": (
        {"send_from": time(2, 30), "send_until": time(4)},
        "2026-03-29T01:00",
        "2026-03-29T03:00",
    ),
    "over that night": ({"send_from": time(9), "send_until": time(17)}, "2026-03-28T18:00", "2026-03-29T09:00"),
    "a time that comes twice": (
        {"send_from": time(2, 30), "send_until": time(4)},
        "2026-10-25T01:00",
        "2026-10-25T02:30",
    ),
    "over the night with 25 hours": (
        {"send_from": time(9), "send_until": time(17)},
        "2026-10-24T18:00",
        "2026-10-25T09:00",
    ),
    "no window": ({}, "2026-11-25T03:00", "2026-11-25T03:00"),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_the_window_is_meant_on_the_newsletters_clocks(name: str) -> None:
    fields, now, opens = WINDOWS[name]
    newsletter = Newsletter(time_zone="Europe/Amsterdam", **fields)
    local = datetime.fromisoformat(now).replace(tzinfo=newsletter.zone)
    found = next_open(newsletter, now=local.astimezone(UTC)).astimezone(newsletter.zone)
    assert (found.isoformat()[:16], found.fold) == (opens, 0)


def test_days_are_stored_in_order_and_an_empty_window_is_refused() -> None:
    assert WeekdaysFormField(required=False, choices=[(str(n), n) for n in range(1, 8)]).clean(["5", "1"]) == "15"
    with pytest.raises(ValidationError, match="Choose a time other than the start"):
        Newsletter(send_from=time(9), send_until=time(9)).clean()


def test_a_claim_with_all_limits_costs_a_constant_number_of_queries(
    crowd: Dispatch, clock: Any, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"MOST_PER_HOUR": 1000, "MOST_PER_DAY": 1000}
    limit(crowd, most_per_second=100, most_per_hour=1000, most_per_day=1000, warm_up_first_day=1000)
    ledger.claim(crowd, worker="w1", now=clock(), pace=Pace(clock=clock))
    Delivery.objects.update(status=Status.READY, worker="", leased_until=None)
    with django_assert_max_num_queries(30):
        assert len(ledger.claim(crowd, worker="w1", now=clock(), pace=Pace(clock=clock))) == 10


def test_a_limit_of_nothing_is_a_mistake_in_the_settings(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"MOST_PER_DAY": 0, "MOST_PER_HOUR": 5}
    assert [found.id for found in check_settings(None)] == ["hub_newsletters.E002"]


# What changes while mails are claimed


def send_for(dispatch: Dispatch, transport: FakeTransport, *, clock: FixedClock) -> None:
    """Let a worker send one batch; its clock advances while it sleeps."""

    def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)

    send_batch(dispatch, transport=transport, worker="w1", clock=clock, sleep=sleep)
    dispatch.refresh_from_db()


def after(number: int, transport: FakeTransport, change: Any, *, clock: FixedClock, seconds: float = 0) -> Any:
    """Return a hook that makes a change after this many mails, each of which takes this long."""
    seen: list[object] = []

    def act(message: object) -> None:
        clock.forward(seconds=seconds)
        seen.append(message)
        if len(seen) == number:
            change()

    return act


TIGHTER = {"hour": {"most_per_hour": 1}, "minute": {"most_per_minute": 1}, "warm-up": {"warm_up_first_day": 1}}


@pytest.mark.parametrize("limits", TIGHTER.values(), ids=TIGHTER)
def test_a_limit_that_is_tightened_counts_within_a_second_also_for_what_is_claimed(
    crowd: Dispatch, clock: Any, make_server: Any, limits: Any
) -> None:
    transport = make_server()
    transport.on_send = after(2, transport, lambda: limit(crowd, **limits), clock=clock, seconds=0.5)
    send_for(crowd, transport, clock=clock)
    assert states(crowd) == {"accepted": 3, "ready": 7}  # two before, and one that the new limit allows


def test_a_limit_that_is_lifted_lets_a_worker_go_at_once_that_waits_for_its_pace(
    crowd: Dispatch, clock: Any, make_server: Any
) -> None:
    limit(crowd, most_per_second=1)
    transport = make_server()
    transport.on_send = after(2, transport, lambda: limit(crowd, most_per_second=None), clock=clock)
    send_for(crowd, transport, clock=clock)
    assert states(crowd) == {"accepted": 10}
    assert clock() - NOW <= timedelta(seconds=2.5)


def test_a_slow_pace_that_is_made_quicker_holds_nobody_up(crowd: Dispatch, clock: Any, work: Any) -> None:
    limit(crowd, most_per_minute=1)
    assert work(crowd, FakeTransport()) == 1
    limit(crowd, most_per_minute=30)
    send_for(crowd, FakeTransport(), clock=clock)
    assert states(crowd) == {"accepted": 10}
    assert clock() - NOW < timedelta(seconds=20)


def test_the_end_of_a_window_counts_within_a_second_also_for_what_is_claimed(
    crowd: Dispatch, clock: Any, make_server: Any
) -> None:
    limit(crowd, send_from=time(9), send_until=time(12, 0, 4), time_zone="UTC")
    transport = make_server()
    transport.on_send = lambda message: clock.forward(seconds=1)
    send_for(crowd, transport, clock=clock)
    assert states(crowd) == {"accepted": 4, "ready": 6}
    assert crowd.status_reason == "waits_for_window"


def test_a_piece_holds_no_more_than_may_go_in_a_second(crowd: Dispatch, clock: Any) -> None:
    limit(crowd, most_per_second=4)
    provider, sent_at = FakeProvider(most=20), []
    provider.on_send = lambda message: sent_at.append(clock())
    send_for(crowd, provider, clock=clock)
    assert [len(emails) for emails in provider.requests] == [4, 4, 2]
    assert all(at >= NOW + number * timedelta(seconds=1) / 4 for number, at in enumerate(sent_at))  # none too early


def test_with_seven_a_minute_pieces_are_of_one_mail_and_keep_the_pace(crowd: Dispatch, clock: Any) -> None:
    limit(crowd, most_per_minute=7)
    provider = FakeProvider(most=20)
    sent_at: list[datetime] = []
    provider.on_send = lambda message: sent_at.append(clock())
    while states(crowd) != {"accepted": 10}:
        send_for(crowd, provider, clock=clock)
        clock.forward(seconds=1)
    assert [len(emails) for emails in provider.requests] == [1] * 10
    assert min(later - sooner for sooner, later in pairwise(sent_at)) >= timedelta(minutes=1) / 7


def test_many_who_leave_within_a_claim_cost_no_connection(crowd: Dispatch, clock: Any, work: Any) -> None:
    """Only hanging up can withdraw a content without its end."""
    leaving = iter([2, 3, 5, 6, 8])

    def leave(message: Any) -> None:
        clock.forward(seconds=1)
        for number in islice(leaving, 1):
            unsubscribe(subscription_of(f"reader{number}", crowd), source=ConsentSource.ONE_CLICK, now=clock())

    transport = FakeTransport(on_send=leave)
    work(crowd, transport)
    assert states(crowd) == {"accepted": 6, "excluded": 4}  # the eighth had theirs
    assert transport.connections == 1


@pytest.mark.parametrize(("seconds", "looks"), [(0, 0), (0.3, 2), (1, 9)])
def test_to_look_what_changed_costs_two_queries_a_second_however_many_mails_go(
    crowd: Dispatch, clock: Any, work: Any, make_server: Any, seconds: float, looks: int
) -> None:
    transport = make_server(most=1)
    transport.on_send = lambda message: clock.forward(seconds=seconds)
    with CaptureQueriesContext(connection) as queries:
        work(crowd, transport)
    # Closing checks twice whether a delivery waits: before it takes the dispatch's lock, and under the lock.
    assert sum(one["sql"].startswith("SELECT") for one in queries) == 16 + 2 * looks
