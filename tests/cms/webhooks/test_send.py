"""Sending: each row until it has arrived, not before it is due, by one worker at a time, and never without end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.http import http_date

from cms.conf import WebhooksConf
from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks.client import AddressNotAllowed, Answer, BadCertificate, NoAnswer, TooSlow
from cms.webhooks.send import JITTER, send_due, wait_before_retry
from cms.webhooks.testing import TAKEN, FakeReceiver
from newsletters.testing import FixedClock
from tests.cms.webhooks.conftest import NOW, waiting

State = WebhookDelivery.State
ERROR = Answer(status=500, excerpt="sorry")


def send(endpoint: WebhookEndpoint, receiver: FakeReceiver, clock: FixedClock) -> int:
    return send_due(endpoint.pk, post=receiver, clock=clock, chance=lambda: 0.0)


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", flat=True))


def test_what_arrived_is_not_sent_again(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    row, receiver = waiting(endpoint), FakeReceiver()
    assert [send(endpoint, receiver, clock), send(endpoint, receiver, clock)] == [1, 0]
    row.refresh_from_db()
    assert (row.state, row.attempts, row.status_code, row.answer) == (State.DELIVERED, 1, 200, "thanks")
    assert (row.delivered_at, row.tried_at, row.trouble) == (NOW, NOW, "")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_yes(endpoint: WebhookEndpoint, clock: FixedClock, status: int) -> None:
    waiting(endpoint)
    send(endpoint, FakeReceiver(answers=[Answer(status=status)]), clock)
    assert states() == [State.DELIVERED]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(status=500), "refused"),
        (Answer(status=404), "refused"),
        (Answer(status=302), "redirect"),
        (NoAnswer(), "unreachable"),
        (TooSlow(), "too_slow"),
        (BadCertificate(), "certificate"),
        (AddressNotAllowed(), "private"),
    ],
)
def test_whatever_goes_wrong_is_tried_again_later(
    endpoint: WebhookEndpoint, clock: FixedClock, answer: Any, trouble: str
) -> None:
    row, receiver = waiting(endpoint), FakeReceiver(answers=[answer, TAKEN])
    send(endpoint, receiver, clock)
    row.refresh_from_db()
    assert (row.state, row.trouble, row.status_code) == (State.WAITING, trouble, getattr(answer, "status", None))
    assert row.next_try_at == NOW + timedelta(seconds=WebhooksConf.RETRY_SECONDS[0])
    assert send(endpoint, receiver, clock) == 0
    clock.forward(seconds=5)
    assert send(endpoint, receiver, clock) == 1
    assert states() == [State.DELIVERED]


def test_each_try_has_the_same_id_and_body_and_its_own_time(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    row, receiver = waiting(endpoint), FakeReceiver(answers=[ERROR])
    send(endpoint, receiver, clock)
    clock.forward(seconds=5)
    send(endpoint, receiver, clock)
    first, second = receiver.got
    assert first.body == second.body == row.body.encode()
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(row.event_id)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_the_waits_are_those_of_the_specification_and_then_it_is_over() -> None:
    hours = [5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]
    waits = [wait_before_retry(attempts=n + 1, chance=0) for n in range(10)]
    assert waits == [*(timedelta(seconds=each) for each in hours), None]
    assert wait_before_retry(attempts=2, chance=1) == timedelta(seconds=300 * (1 + JITTER))


def test_after_the_last_try_it_has_failed_and_the_endpoint_is_switched_off(
    endpoint: WebhookEndpoint, clock: FixedClock
) -> None:
    row, receiver = waiting(endpoint), FakeReceiver(answers=[TooSlow()])
    for _ in range(10):
        assert send(endpoint, receiver, clock) == 1
        row.refresh_from_db()
        clock.at = row.next_try_at or clock.at
    assert (row.state, row.attempts, row.trouble) == (State.FAILED, 10, "too_slow")
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (False, "failing")


def test_one_message_that_never_arrives_does_not_switch_off_who_takes_others(
    endpoint: WebhookEndpoint, clock: FixedClock
) -> None:
    row = waiting(endpoint, attempts=9)
    waiting(endpoint, state=State.DELIVERED, delivered_at=NOW, next_try_at=None)
    send(endpoint, FakeReceiver(answers=[ERROR]), clock)
    row.refresh_from_db()
    endpoint.refresh_from_db()
    assert (row.state, endpoint.is_active) == (State.FAILED, True)


def test_a_failed_message_sent_again_by_hand_switches_nothing_off(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    row = waiting(endpoint, state=State.FAILED, attempts=10, next_try_at=None)
    assert row.send_again(now=NOW)
    send(endpoint, FakeReceiver(answers=[ERROR]), clock)
    endpoint.refresh_from_db()
    assert (states(), endpoint.is_active) == ([State.FAILED], True)


def test_410_switches_the_endpoint_off_at_once(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    waiting(endpoint)
    waiting(endpoint)
    receiver = FakeReceiver(answers=[Answer(status=410)])
    assert [send(endpoint, receiver, clock), send(endpoint, receiver, clock)] == [1, 0]
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (False, "gone")
    assert states() == [State.FAILED, State.WAITING]


def test_what_waits_at_a_switched_off_endpoint_goes_out_when_it_is_on_again(
    endpoint: WebhookEndpoint, clock: FixedClock
) -> None:
    waiting(endpoint)
    endpoint.switch_off(reason=WebhookEndpoint.Off.BY_HAND)
    assert send(endpoint, FakeReceiver(), clock) == 0
    assert endpoint.switch_on()
    assert not endpoint.switch_on()
    assert send(endpoint, FakeReceiver(), clock) == 1


def test_who_does_not_answer_is_asked_once_not_once_for_each_message(
    endpoint: WebhookEndpoint, clock: FixedClock
) -> None:
    for _ in range(20):
        waiting(endpoint)
    receiver = FakeReceiver(answers=[TooSlow(), TAKEN])
    assert [send(endpoint, receiver, clock), send(endpoint, receiver, clock)] == [1, 0]
    clock.forward(seconds=5)
    assert send(endpoint, receiver, clock) == 20
    assert states() == [State.DELIVERED] * 20


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (http_date((NOW + timedelta(minutes=10)).timestamp()), 600),
        ("2", WebhooksConf.RETRY_SECONDS[0]),  # never sooner than by our own schedule
        ("99999999", WebhooksConf.RETRY_SECONDS[-1]),  # never later than its last step
        (http_date((NOW - timedelta(days=1)).timestamp()), WebhooksConf.RETRY_SECONDS[0]),
        ("soon", WebhooksConf.RETRY_SECONDS[0]),
        ("-5", WebhooksConf.RETRY_SECONDS[0]),
        ("٣", WebhooksConf.RETRY_SECONDS[0]),
    ],
)
def test_who_asks_for_time_gets_it(endpoint: WebhookEndpoint, clock: FixedClock, said: str, seconds: int) -> None:
    row = waiting(endpoint)
    send(endpoint, FakeReceiver(answers=[Answer(status=503, retry_after=said)]), clock)
    row.refresh_from_db()
    assert row.next_try_at == NOW + timedelta(seconds=seconds)


def test_who_asks_for_time_is_not_asked_for_the_next_message_either(
    endpoint: WebhookEndpoint, clock: FixedClock
) -> None:
    rows = [waiting(endpoint), waiting(endpoint)]
    receiver = FakeReceiver(answers=[Answer(status=429, retry_after="60"), TAKEN])
    assert [send(endpoint, receiver, clock), send(endpoint, receiver, clock)] == [1, 0]
    clock.forward(seconds=60)
    assert send(endpoint, receiver, clock) == 2
    assert [message.headers["webhook-id"] for message in receiver.got[1:]] == [str(row.event_id) for row in rows]


def test_what_waited_is_sent_in_the_order_in_which_it_happened(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    rows = [waiting(endpoint)]
    receiver = FakeReceiver(answers=[TooSlow(), TAKEN])
    send(endpoint, receiver, clock)
    rows.append(waiting(endpoint))
    clock.forward(seconds=5)
    assert send(endpoint, receiver, clock) == 2
    assert [message.headers["webhook-id"] for message in receiver.got[1:]] == [str(row.event_id) for row in rows]


def test_a_message_that_is_refused_does_not_hold_the_others(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    for _ in range(3):
        waiting(endpoint)
    assert send(endpoint, FakeReceiver(answers=[ERROR, TAKEN]), clock) == 3
    assert states() == [State.WAITING, State.DELIVERED, State.DELIVERED]


def test_one_task_sends_a_bounded_piece(endpoint: WebhookEndpoint, clock: FixedClock, settings: Any) -> None:
    settings.HUB_WEBHOOKS = {"BATCH_SIZE": 2}
    for _ in range(5):
        waiting(endpoint)
    receiver = FakeReceiver()
    assert [send(endpoint, receiver, clock) for _ in range(4)] == [2, 2, 1, 0]


def test_two_workers_never_send_the_same_at_once(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    waiting(endpoint)
    second = FakeReceiver()
    first = FakeReceiver(on_message=lambda message: tried.append(send(endpoint, second, clock)))
    tried: list[int] = []
    assert send(endpoint, first, clock) == 1
    assert tried == [0]
    assert second.got == []


def test_of_two_workers_that_saw_the_same_row_one_gets_it(endpoint: WebhookEndpoint, monkeypatch: Any) -> None:
    waiting(endpoint)
    seen_twice = [WebhookDelivery.due(now=NOW).get() for _ in range(2)]
    assert [row.claim(now=NOW) for row in seen_twice] == [True, False]


def test_what_a_dead_worker_held_is_sent_when_its_lease_ends(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    row, receiver = waiting(endpoint), FakeReceiver()
    dead = WebhookDelivery.claim_next(endpoint_id=endpoint.pk, now=NOW)
    assert dead is not None
    assert send(endpoint, receiver, clock) == 0
    clock.forward(seconds=WebhooksConf.LEASE_SECONDS)
    assert send(endpoint, receiver, clock) == 1
    assert not dead.give_up(trouble="too_slow", status=None, answer="")  # it was only slow, and comes too late
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.DELIVERED, 2)


def test_a_slow_worker_does_not_settle_what_another_one_has_by_now(endpoint: WebhookEndpoint) -> None:
    row = waiting(endpoint)
    slow = WebhookDelivery.claim_next(endpoint_id=endpoint.pk, now=NOW)
    assert slow is not None
    assert WebhookDelivery.claim_next(endpoint_id=endpoint.pk, now=NOW + timedelta(seconds=WebhooksConf.LEASE_SECONDS))
    assert not slow.deliver(status=200, answer="", now=NOW)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.SENDING, 2)


@pytest.mark.parametrize("state", [State.DELIVERED, State.FAILED])
def test_sending_again_works_once_however_often_it_is_asked(
    endpoint: WebhookEndpoint, clock: FixedClock, state: str
) -> None:
    delivered_at = NOW if state == State.DELIVERED else None
    row = waiting(endpoint, state=state, next_try_at=None, delivered_at=delivered_at)
    receiver = FakeReceiver()
    assert [row.send_again(now=NOW), row.send_again(now=NOW)] == [True, False]
    assert [send(endpoint, receiver, clock), send(endpoint, receiver, clock)] == [1, 0]
    assert receiver.got[0].headers["webhook-id"] == str(row.event_id)


def test_sending_again_does_not_wait_for_the_next_try(endpoint: WebhookEndpoint, clock: FixedClock) -> None:
    row = waiting(endpoint, now=NOW + timedelta(hours=5))
    assert row.send_again(now=NOW)
    assert send(endpoint, FakeReceiver(), clock) == 1


def test_old_rows_go_but_not_those_on_their_way(endpoint: WebhookEndpoint, make_endpoint: Any) -> None:
    off = make_endpoint("https://off.example/", is_active=False, off_reason="by_hand")
    old = NOW - timedelta(days=31)
    kept = [
        waiting(endpoint, created_at=old),
        waiting(endpoint, state=State.FAILED, next_try_at=None),
    ]
    waiting(endpoint, state=State.FAILED, next_try_at=None, created_at=old)
    waiting(endpoint, state=State.DELIVERED, next_try_at=None, delivered_at=old, created_at=old)
    waiting(off, created_at=old)
    assert WebhookDelivery.prune(before=NOW - timedelta(days=30)) == 3
    assert list(WebhookDelivery.objects.order_by("pk")) == kept


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "waiting", "next_try_at": None},
        {"state": "sending", "next_try_at": None},
        {"state": "delivered", "next_try_at": None},
        {"state": "failed"},
    ],
)
def test_the_database_refuses_states_that_make_no_sense(endpoint: WebhookEndpoint, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        waiting(endpoint, **broken)


def test_an_endpoint_that_is_off_says_why(make_endpoint: Any) -> None:
    for fields in ({"is_active": False}, {"is_active": True, "off_reason": "gone"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_endpoint(**fields)


def test_no_secret_and_no_path_reaches_the_log(
    make_endpoint: Any, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    from cms.webhooks.signing import secret_of

    endpoint = make_endpoint("https://web.example/hook?token=canary")
    waiting(endpoint, attempts=9)
    with caplog.at_level("DEBUG"):
        send(endpoint, FakeReceiver(answers=[ERROR]), clock)
    assert "is switched off" in caplog.text
    for word in ("canary", endpoint.seed, secret_of(endpoint.seed)):
        assert word not in caplog.text
