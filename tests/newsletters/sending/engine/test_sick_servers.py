"""A server, or our own program, that fails at many mails: nobody is blamed, lost or sent to twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from wagtail.users.models import UserProfile

from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.transport.seam import ConnectionDropped, Reply, TransportDown
from newsletters.testing import OUR_FAULT, REFUSED, FakeTransport
from newsletters.values.remarks import Remark
from tests.newsletters.conftest import states

HUNG_UP = ConnectionDropped("Connection unexpectedly closed")


def test_a_server_that_hangs_up_at_everybody_is_an_outage_and_nobodys_try(hub: Any, clock: Any, work: Any) -> None:
    names = ["ann", "bob", "cem", "dee", "eva", "finn"]
    hub.subscribe(*names)
    dispatch = hub.send()
    everybody = {f"{name}@example.org": [HUNG_UP] for name in names}
    work(dispatch, FakeTransport(replies=everybody))
    assert dispatch.retry_at == clock() + timedelta(seconds=conf.OUTAGE_SECONDS)
    assert dispatch.status_reason == "hung_up: Connection unexpectedly closed"
    assert states(dispatch) == {"deferred": 3, "ready": 3}
    assert not dispatch.deliveries.exclude(attempts=0, first_tried_at=None).exists()
    clock.forward(seconds=conf.OUTAGE_SECONDS)
    transport = FakeTransport()
    work(dispatch, transport)  # others are first then, so nobody blocks the head of the queue
    assert transport.recipients == ["dee@example.org", "eva@example.org", "finn@example.org"]
    clock.forward(seconds=conf.RETRY_FIRST_SECONDS)
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 6}


def test_a_server_that_goes_away_at_a_reader_loses_nobody_and_lets_others_go_first(
    hub: Any, clock: Any, work: Any
) -> None:
    hub.subscribe("ann", "bob")
    dispatch = hub.send()
    transport = FakeTransport(replies={"ann@example.org": [HUNG_UP]}, down_after=1)
    work(dispatch, transport)
    assert states(dispatch) == {"deferred": 1, "ready": 1}
    assert dispatch.status_reason == "connection refused"
    assert not dispatch.deliveries.exclude(attempts=0, first_tried_at=None).exists()
    transport.down_after = None
    work(dispatch, transport)
    assert transport.recipients == ["bob@example.org"]


def test_a_transport_that_fails_at_everybody_pauses_the_dispatch(hub: Any, work: Any) -> None:
    names = [f"reader{number}" for number in range(8)]
    hub.subscribe(*names)
    dispatch = hub.send()
    work(dispatch, FakeTransport(replies={f"{name}@example.org": [LookupError("!")] for name in names}))
    assert states(dispatch) == {"uncertain": 3, "ready": 5}
    assert dispatch.status == Dispatch.Status.PAUSED
    assert dispatch.status_reason == Remark.SENDING_FAILED


def test_when_only_readers_at_whom_the_server_hangs_up_are_left_the_dispatch_ends(
    hub: Any, clock: Any, work: Any
) -> None:
    names = [f"reader{number}" for number in range(8)]
    hub.subscribe(*names, "ann")
    dispatch = hub.send()
    transport = FakeTransport(replies={f"{name}@example.org": [HUNG_UP] for name in names})
    for _hour in range(4 * 24):
        work(dispatch, transport)
        if dispatch.status == Dispatch.Status.FINISHED:
            break
        clock.forward(hours=1)
    assert states(dispatch) == {"accepted": 1, "rejected": 8}
    assert transport.recipients == ["ann@example.org"]


@pytest.mark.parametrize("when", ["at the server", "at a mail"])
def test_staff_are_told_once_in_their_language_that_a_sending_paused_by_itself(
    hub: Any, work: Any, mailoutbox: Any, django_capture_on_commit_callbacks: Any, when: str
) -> None:
    UserProfile.objects.create(user=hub.users["approver"], preferred_language="nl")
    hub.subscribe("ann", "bob")
    dispatch = hub.send()
    server = FakeTransport(down_after=0, down=TransportDown("login_refused: 535 no", is_our_fault=True))
    policy = FakeTransport(replies={"ann@example.org": [OUR_FAULT], "bob@example.org": [OUR_FAULT]})
    with django_capture_on_commit_callbacks(execute=True):
        for _try in range(2):
            work(dispatch, server if when == "at the server" else policy)
    (told,) = mailoutbox
    assert told.to == [hub.users["approver"].email]
    assert told.subject == f"Gepauzeerd: {hub.issue.title}"
    assert ("De mailserver aanvaardt" if when == "at the server" else "De mailserver weigert ons") in told.body
    assert f"/newsletters/dispatches/{dispatch.pk}/" in told.body
    ledger.resume(dispatch)
    with django_capture_on_commit_callbacks(execute=True):
        ledger.pause(dispatch, why="Paused by somebody")
    assert len(mailoutbox) == 1


def test_two_workers_that_meet_one_fault_tell_staff_once(
    hub: Any, work: Any, mailoutbox: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 1}  # so that each has one of the two
    hub.subscribe("ann", "bob")
    dispatch = hub.send()
    second = FakeTransport(down_after=0, down=TransportDown("login_refused: 535 no", is_our_fault=True))

    def meet_it_first(message: Any) -> None:
        work(Dispatch.objects.get(), second, worker="w2")

    first = FakeTransport(replies={"ann@example.org": [OUR_FAULT]}, on_send=meet_it_first)
    with django_capture_on_commit_callbacks(execute=True):
        work(dispatch, first)
    assert (len(first.handovers), dispatch.status) == (1, Dispatch.Status.PAUSED)
    assert len(mailoutbox) == 1
    assert dispatch.status_reason.startswith(Remark.LOGIN_REFUSED)


BUSY = Reply(code=450, text="4.3.2 too busy")


def test_a_domain_that_asks_three_times_to_wait_is_left_alone_and_the_others_go_on(
    hub: Any, clock: Any, work: Any
) -> None:
    busy = [f"reader{number}" for number in range(6)]
    hub.subscribe(*busy, domain="busy.example")
    hub.subscribe("ann")
    dispatch = hub.send()
    transport = FakeTransport(replies={f"{name}@busy.example": [BUSY] for name in busy})
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org"]
    assert states(dispatch) == {"accepted": 1, "deferred": 6}
    assert len(transport.handovers) == 4
    held = dispatch.deliveries.filter(reply="domain_waits")
    assert list(held.values_list("attempts", flat=True)) == [0, 0, 0]
    assert dispatch.retry_at is None
    transport.replies = {}
    clock.forward(seconds=conf.RETRY_FIRST_SECONDS)
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 7}


def test_one_slow_down_is_enough(hub: Any, work: Any) -> None:
    hub.subscribe("ann", "bob", domain="busy.example")
    dispatch = hub.send()
    slow = Reply(code=450, text="4.2.1 too fast")
    transport = FakeTransport(replies={"ann@busy.example": [slow]})
    work(dispatch, transport)
    assert len(transport.handovers) == 1
    assert states(dispatch) == {"deferred": 2}


def test_a_domain_that_takes_one_in_between_is_not_left_alone(hub: Any, work: Any) -> None:
    names = [f"reader{number}" for number in range(5)]
    hub.subscribe(*names)
    dispatch = hub.send()
    busy = {f"reader{number}@example.org": [BUSY] for number in (0, 1, 3, 4)}
    work(dispatch, FakeTransport(replies=busy))
    assert states(dispatch) == {"accepted": 1, "deferred": 4}
    assert not dispatch.deliveries.filter(reply="domain_waits").exists()


def test_the_kind_of_refusal_stands_on_the_delivery_until_it_is_taken(hub: Any, clock: Any, work: Any) -> None:
    hub.subscribe("ann", "bob", "cem")
    dispatch = hub.send()
    full = Reply(code=452, text="4.2.2 full")
    work(dispatch, FakeTransport(replies={"ann@example.org": [REFUSED], "bob@example.org": [full]}))
    kinds = dispatch.deliveries.order_by("pk").values_list("bounce_class", flat=True)
    assert list(kinds) == ["hard", "full", ""]
    clock.forward(seconds=conf.RETRY_FIRST_SECONDS)
    work(dispatch, FakeTransport())
    assert list(kinds.all()) == ["hard", "", ""]


def test_a_share_of_refusals_that_is_allowed_pauses_nothing(hub: Any, work: Any, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"MOST_REFUSED_PERCENT": 50}
    hub.subscribe(*(f"reader{number}" for number in range(44)))
    dispatch = hub.send()
    work(dispatch, FakeTransport(replies={f"reader{number}@example.org": [REFUSED] for number in range(1, 44, 2)}))
    assert states(dispatch) == {"accepted": 22, "rejected": 22}


def test_a_list_of_which_many_do_not_exist_pauses_and_once_somebody_looked_counts_anew(hub: Any, work: Any) -> None:
    hub.subscribe(*(f"reader{number}" for number in range(45)))
    dispatch = hub.send()
    nobody = FakeTransport(replies={f"reader{number}@example.org": [REFUSED] for number in range(45)})
    for rejected, left in ((20, 25), (40, 5)):
        work(dispatch, nobody)
        assert states(dispatch) == {"rejected": rejected, "ready": left}
        assert dispatch.status == Dispatch.Status.PAUSED
        assert dispatch.status_reason == "many_refused: 20/20"
        ledger.resume(dispatch)
    work(dispatch, nobody)
    assert states(dispatch) == {"rejected": 45}
