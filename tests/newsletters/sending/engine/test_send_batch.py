"""Sending a batch: what goes wrong with one mail, and what goes wrong with the server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.sending import ledger
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.ledger.status import ledger_status
from newsletters.sending.mails.prepared import PreparedEdition
from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.seam import (
    ConnectionDropped,
    MessageUnsendable,
    OutgoingMail,
    Reply,
    ReplyLost,
    TransportDown,
)
from newsletters.sending.transport.smtp import SmtpTransport
from newsletters.testing import ACCEPTED, DEFERRED, OUR_FAULT, REFUSED, FakeTransport
from newsletters.values.remarks import Remark, in_words
from tests.newsletters.conftest import delivery_to, states, subscription_of

EVERYBODY = [f"{name}@example.org" for name in ("ann", "bob", "cem")]


def test_everybody_gets_one_copy_and_the_reply_is_recorded(
    dispatch: Any, make_server: Any, work: Any, clock: Any
) -> None:
    transport = make_server()
    assert work(dispatch, transport) == 3
    assert transport.recipients == EVERYBODY
    assert transport.connections == 1
    ann = delivery_to("ann", dispatch)
    assert ann.reply in {"250 2.0.0 taken", "250 taken by the backend", "250 sent 7"}
    assert (ann.attempts, ann.settled_at) == (1, clock())
    assert (dispatch.status, dispatch.finished_at) == (Dispatch.Status.FINISHED, clock())


def test_a_dead_server_lets_the_dispatch_wait_with_the_reason_and_loses_nobody(
    dispatch: Any, clock: Any, work: Any
) -> None:
    nobody_listens = SmtpTransport(host="127.0.0.1", port=1, timeout=2)
    assert work(dispatch, nobody_listens) == 0
    assert states(dispatch) == {"ready": 3}
    assert dispatch.status == Dispatch.Status.SENDING
    assert dispatch.retry_at == clock() + timedelta(seconds=conf.OUTAGE_SECONDS)
    assert in_words(dispatch.status_reason).startswith("The mail server cannot be reached (127.0.0.1:1: ")
    assert "refused" in dispatch.status_reason
    transport = FakeTransport()
    work(dispatch, transport)
    assert transport.recipients == EVERYBODY
    assert (dispatch.status_reason, dispatch.retry_at) == ("", None)


def test_a_server_that_goes_away_half_way_loses_nobody_and_sends_to_nobody_twice(
    dispatch: Any, clock: Any, work: Any, make_server: Any
) -> None:
    transport = make_server(down_after=1)
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": transport.most, "ready": 3 - transport.most}
    assert dispatch.status_reason.startswith(("connection refused", "asked_to_wait: HTTP 503", "sender_refused: "))
    clock.forward(minutes=2)
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": transport.most, "ready": 3 - transport.most}
    transport.down_after = None
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 3}
    assert transport.recipients == EVERYBODY


def untried(dispatch: Dispatch) -> bool:
    return not dispatch.deliveries.exclude(attempts=0, first_tried_at=None, due_at=None).exists()


def test_an_outage_is_nobodys_try(dispatch: Any, work: Any, make_server: Any) -> None:
    work(dispatch, SmtpTransport(host="127.0.0.1", port=1, timeout=2))
    assert untried(dispatch)
    gone = make_server(replies={"ann@example.org": [TransportDown("gone")]})
    for _time in range(3):
        work(dispatch, gone)
    assert states(dispatch) == {"ready": 3}
    assert untried(dispatch)


HUNG_UP = ConnectionDropped("Connection unexpectedly closed")


def test_a_reader_at_whom_the_server_hangs_up_is_set_aside_and_the_rest_goes_on(
    dispatch: Any, clock: Any, work: Any
) -> None:
    work(dispatch, FakeTransport(replies={"ann@example.org": [HUNG_UP]}))
    assert states(dispatch) == {"deferred": 1, "accepted": 2}
    ann = delivery_to("ann", dispatch)
    assert (ann.attempts, ann.first_tried_at) == (1, clock())
    assert ann.due_at == clock() + timedelta(seconds=conf.RETRY_FIRST_SECONDS)
    assert ann.reply == "hung_up: Connection unexpectedly closed"
    assert (dispatch.retry_at, dispatch.status_reason) == (None, "")


def test_after_two_days_of_hanging_up_that_reader_is_given_up(dispatch: Any, clock: Any, work: Any) -> None:
    transport = FakeTransport(replies={"ann@example.org": [HUNG_UP]})
    for _time in range(40):
        work(dispatch, transport)
        ann = delivery_to("ann", dispatch)
        if ann.status != Delivery.Status.DEFERRED:
            break
        assert ann.due_at is not None
        clock.at = max(ann.due_at, dispatch.retry_at or ann.due_at)
    assert (ann.status, ann.reply) == ("rejected", "hung_up: Connection unexpectedly closed")
    assert ann.attempts > 10
    assert states(dispatch) == {"accepted": 2, "rejected": 1}
    assert dispatch.status == Dispatch.Status.FINISHED


def test_on_a_connection_that_was_in_use_hanging_up_blames_nobody(dispatch: Any, work: Any) -> None:
    """Some servers hang up after a number of mails, or are restarted."""
    transport = FakeTransport(replies={"bob@example.org": [HUNG_UP, ACCEPTED]})
    work(dispatch, transport)
    assert transport.recipients == EVERYBODY
    assert transport.connections == 2
    assert states(dispatch) == {"accepted": 3}
    assert delivery_to("bob", dispatch).attempts == 1


class Odd(Exception):
    """An error that no transport should raise."""


def test_an_unknown_error_of_the_transport_makes_one_row_uncertain_and_the_rest_goes_on(
    dispatch: Any, work: Any, caplog: Any
) -> None:
    transport = FakeTransport(replies={"bob@example.org": [Odd("no such thing")]})
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "uncertain": 1}
    bob = delivery_to("bob", dispatch)
    assert (bob.reply, bob.attempts, bob.leased_until) == ("sending_failed", 1, None)
    assert transport.connections == 2  # who knows what the old one would have answered
    assert "Odd: no such thing" in caplog.text
    assert "bob@example.org" not in caplog.text


def test_a_mail_that_cannot_be_made_is_excluded_and_the_rest_goes_on(
    dispatch: Any, transport: Any, work: Any, caplog: Any, monkeypatch: Any
) -> None:
    ann, original = delivery_to("ann", dispatch), PreparedEdition.fill

    def fill(edition: Any, copy: Any, **options: Any) -> Any:
        if copy.key == ann.pk:
            raise ZeroDivisionError("odd")
        return original(edition, copy, **options)

    monkeypatch.setattr(PreparedEdition, "fill", fill)
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "excluded": 1}
    ann.refresh_from_db()
    assert (ann.reason, ann.reply, ann.attempts) == ("unsendable", "making_failed", 0)
    assert "ZeroDivisionError" in caplog.text


def test_a_transport_that_cannot_even_connect_pauses_the_dispatch(dispatch: Any, work: Any) -> None:
    work(dispatch, BackendTransport(backend="no.such.Backend"))
    assert (dispatch.status, states(dispatch)) == (Dispatch.Status.PAUSED, {"ready": 3})
    assert dispatch.status_reason.startswith(Remark.CANNOT_CONNECT)


def test_a_refused_address_is_rejected_with_the_reply_and_the_rest_goes_on(
    dispatch: Any, work: Any, make_server: Any
) -> None:
    transport = make_server(replies={"bob@example.org": [REFUSED]})
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "rejected": 1}
    assert delivery_to("bob", dispatch).reply in {"550 5.1.1 there is no such user", "550 rejected 7"}
    assert dispatch.status == Dispatch.Status.FINISHED


def test_a_deferred_address_waits_with_its_time_and_the_rest_goes_on(
    dispatch: Any, clock: Any, work: Any, make_server: Any
) -> None:
    work(dispatch, make_server(replies={"bob@example.org": [DEFERRED]}))
    bob = delivery_to("bob", dispatch)
    assert bob.status == "deferred"
    assert bob.reply in {"450 4.2.0 come back later", "450 failed 7"}
    assert bob.due_at == clock() + timedelta(seconds=conf.RETRY_FIRST_SECONDS)
    assert states(dispatch) == {"accepted": 2, "deferred": 1}
    assert dispatch.status == Dispatch.Status.SENDING


@pytest.mark.parametrize("code", [450, 550])
def test_a_refusal_of_our_policy_pauses_the_dispatch_and_leaves_the_person_alone(
    dispatch: Any, work: Any, code: int
) -> None:
    refusal = type(OUR_FAULT)(code=code, text="5.7.26 unauthenticated mail" if code == 550 else "4.7.1 greedy")
    transport = FakeTransport(replies={"ann@example.org": [refusal, ACCEPTED]})
    work(dispatch, transport)
    assert dispatch.status == Dispatch.Status.PAUSED
    assert dispatch.status_reason == Remark.REFUSES_US.with_detail(f"{code} {refusal.text}")
    assert delivery_to("ann", dispatch).status == Delivery.Status.DEFERRED
    assert states(dispatch) == {"deferred": 1, "ready": 2}


def test_our_own_fault_never_makes_a_person_rejected_however_long_it_takes(
    dispatch: Any, clock: Any, work: Any
) -> None:
    transport = FakeTransport(replies={"ann@example.org": [OUR_FAULT]})
    for _day in range(5):
        Dispatch.objects.filter(pk=dispatch.pk).update(status=Dispatch.Status.SENDING)
        work(dispatch, transport)
        clock.forward(days=1)
    assert delivery_to("ann", dispatch).status == Delivery.Status.DEFERRED


def test_a_lost_reply_makes_one_row_or_piece_uncertain_and_lets_the_rest_wait(
    dispatch: Any, work: Any, make_server: Any
) -> None:
    transport = make_server(replies={"ann@example.org": [ReplyLost("connection closed")]})
    work(dispatch, transport)
    assert states(dispatch) == {"uncertain": transport.most, "ready": 3 - transport.most}
    assert delivery_to("ann", dispatch).reply.startswith("answer_lost: ")
    assert dispatch.retry_at is not None
    work(dispatch, transport)
    assert states(dispatch) == {"uncertain": transport.most, "accepted": 3 - transport.most}
    assert len(transport.attempts_for("ann@example.org")) == 1


@pytest.mark.parametrize("field", ["sender_email", "reply_to"])
def test_an_address_of_ours_that_is_none_pauses_the_dispatch_and_excludes_nobody(
    dispatch: Any, work: Any, field: str, make_server: Any
) -> None:
    setattr(dispatch.newsletter, field, "letter\u200b@example.org")  # Django's validator may let it through
    dispatch.newsletter.save()
    transport = make_server()
    work(dispatch, transport)
    assert dispatch.status == Dispatch.Status.PAUSED
    assert dispatch.status_reason.startswith(Remark.NO_SENDER)
    assert not transport.handovers
    assert states(dispatch) == {"ready": 3}


def test_a_refused_sender_pauses_the_dispatch_and_loses_nobody(dispatch: Any, work: Any, make_server: Any) -> None:
    transport = make_server(down_after=0, down=TransportDown("we do not know you", is_our_fault=True))
    work(dispatch, transport)
    assert (dispatch.status, dispatch.status_reason) == (Dispatch.Status.PAUSED, "we do not know you")
    assert states(dispatch) == {"ready": 3}


BAD_ADDRESSES = {
    "invisible character": "ann\u200b@example.org",
    "invisible character at the end": "ann@example.org\u200b",
    "line break": "ann@example.org\nBcc: eve@example.org",
    "no at": "ann",
    "nothing before the at": "@example.org",
    "two ats": "a@b@example.org",
    "a comment that never ends": "ann(@example.org",
    "space": "a nn@example.org",
    "a domain that no IDNA takes": "ann@exa\u2025mple..org",
}


@pytest.mark.parametrize("address", BAD_ADDRESSES.values(), ids=BAD_ADDRESSES)
def test_an_unsendable_address_is_excluded_with_the_reason_and_the_rest_goes_on(
    dispatch: Any, make_server: Any, work: Any, address: str
) -> None:
    transport = make_server()
    ann = delivery_to("ann", dispatch)
    subscriber = subscription_of("ann", dispatch).subscriber
    subscriber.email = address
    subscriber.save()
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "excluded": 1}
    assert ledger_status(dispatch).excluded == {"unsendable": 1}
    ann.refresh_from_db()
    assert ann.reply
    assert transport.recipients == EVERYBODY[1:]
    assert dispatch.status == Dispatch.Status.FINISHED


def test_what_the_transport_cannot_send_is_excluded_and_the_rest_goes_on(dispatch: Any, work: Any) -> None:
    transport = FakeTransport(replies={"bob@example.org": [MessageUnsendable("no SMTPUTF8 here")]})
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "excluded": 1}
    assert delivery_to("bob", dispatch).reply == "no SMTPUTF8 here"


def test_an_erased_subscription_is_excluded(dispatch: Any, make_server: Any, work: Any) -> None:
    transport = make_server()
    subscription_of("bob", dispatch).delete()
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


@pytest.mark.parametrize("stop", ["pause", "cancel", "lapse"])
def test_after_a_pause_a_cancel_or_a_lapsed_lease_no_server_reads_the_rest_of_the_claim_in_vain(
    dispatch: Any, clock: Any, work: Any, stop: str
) -> None:
    def stop_it(message: Any) -> None:
        if stop == "pause":
            ledger.pause(dispatch, why="wait")
        elif stop == "cancel":
            ledger.cancel(dispatch, now=clock())
        elif not transport.recipients:
            clock.forward(hours=1)

    class NotingTransport(FakeTransport):
        def hand_over(self, mail: OutgoingMail, **options: Any) -> Reply:
            made.append(mail.wire)
            return super().hand_over(mail, **options)

    made: list[bytes] = []
    transport = NotingTransport(on_send=stop_it)
    work(dispatch, transport)
    assert transport.recipients == (EVERYBODY if stop == "lapse" else EVERYBODY[:1])
    assert len(made) == len(transport.recipients) + (stop != "lapse")  # after an hour it looks before it makes one


def test_a_batch_has_an_end_so_that_others_have_their_turn(
    dispatch: Any, make_server: Any, work: Any, settings: Any
) -> None:
    transport = make_server()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CLAIM_SIZE": 1, "BATCH_SIZE": 2}
    assert work(dispatch, transport) == 2
    assert states(dispatch) == {"accepted": 2, "ready": 1}
    assert work(dispatch, transport) == 1


def test_a_message_has_the_same_message_id_at_every_try(dispatch: Any, clock: Any, work: Any) -> None:
    transport = FakeTransport(replies={"ann@example.org": [DEFERRED, DEFERRED, ACCEPTED]})
    for _try in range(3):
        work(dispatch, transport)
        clock.forward(hours=5)
    ids = {
        line
        for one in transport.attempts_for("ann@example.org")
        for line in one.data.splitlines()
        if b"Message-ID" in line
    }
    assert ids == {b"Message-ID: " + delivery_to("ann", dispatch).message_id.encode()}


def test_a_worker_that_is_told_to_end_finishes_what_is_in_flight_and_puts_back_the_rest(
    dispatch: Any, make_server: Any, clock: Any
) -> None:
    transport = make_server()
    args = {"transport": transport, "worker": "w1", "clock": clock}
    at_once = transport.most  # in flight together
    assert send_batch(dispatch, **args, should_stop=lambda: bool(transport.handovers)) == at_once
    assert transport.recipients == EVERYBODY[:at_once]
    assert states(dispatch) == {"accepted": at_once, "ready": 3 - at_once}
    assert send_batch(dispatch, **args, should_stop=lambda: True) == 0
    assert send_batch(dispatch, **args) == 3 - at_once
    assert transport.recipients == EVERYBODY
