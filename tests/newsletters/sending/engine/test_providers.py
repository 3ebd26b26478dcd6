"""A worker and a mail provider: none of many mails in one request is lost or doubled, whatever the provider answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import pytest

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.conf import conf
from newsletters.models import ConsentSource, Delivery, Dispatch
from newsletters.sending import ledger
from newsletters.sending.transport.anymail_transport import AnymailTransport
from newsletters.sending.transport.providers import PROVIDERS
from newsletters.testing import FakeTransport
from newsletters.values.remarks import in_words
from tests.newsletters.conftest import delivery_to, states, subscription_of
from tests.newsletters.sending.provider import DROP, ResendDouble, busy
from tests.parts import body_part

NAMES = ("ann", "bob", "cem")


def recipients(double: ResendDouble) -> list[str]:
    return sorted(mail["to"][0].rpartition("<")[2].strip("<>") for mail in double.sent)


def refuses(name: str) -> Any:
    words = {"message": "Invalid `to` field"}
    return lambda request: (422, words) if any(name in one["to"][0] for one in request.mails) else None


def test_one_request_holds_each_ones_mail_as_it_goes_over_smtp(hub: Any, clock: Any, work: Any) -> None:
    hub.subscribe(*NAMES)
    dispatch, smtp, double = hub.send(), FakeTransport(), ResendDouble()
    work(dispatch, smtp)
    Delivery.objects.update(status="ready", settled_at=None, reply="")
    Dispatch.objects.update(status=Dispatch.Status.SENDING, finished_at=None)
    with double.listening() as transport:
        work(dispatch, transport)
    assert states(dispatch) == {"accepted": 3}
    (request,) = double.requests
    assert request.path == "/emails/batch"
    for mail, handover in zip(double.sent, smtp.handovers, strict=True):
        wire = message_from_bytes(handover.data, _class=EmailMessage, policy=SMTP)
        assert mail["to"] == [str(wire["To"])]
        assert mail["subject"] == wire["Subject"]
        for name in ("Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"):
            assert mail["headers"][name] == str(wire[name])
        assert mail["text"].split() == body_part(wire, "plain").split()
        assert mail["html"].split() == body_part(wire, "html").split()
        named = json.loads(mail["headers"]["X-Metadata"])["delivery"]
        assert Delivery.of_message_id(named) is not None
    assert delivery_to("ann", dispatch).reply == "250 queued id-0"


def test_a_piece_is_as_long_as_it_may_be_and_of_one_edition(hub: Any, work: Any) -> None:
    hub.subscribe("ann", "bob", "cem")
    hub.subscribe("dirk", language="nl")
    double = ResendDouble()
    with double.listening(most=2) as transport:
        work(hub.send(), transport)
    assert sorted(len(one.mails) for one in double.requests) == [1, 1, 2]
    assert len(double.sent) == 4


@pytest.mark.parametrize(
    "answer", [(500, {}), (409, {}), (200, {"odd": 1}), DROP], ids=["500", "409", "odd", "hangs up"]
)
def test_an_answer_that_stays_lost_makes_the_piece_uncertain_and_nothing_is_sent_again(
    dispatch: Any, work: Any, clock: Any, answer: Any
) -> None:
    double = ResendDouble(answer=lambda request: answer)
    with double.listening(most=2) as transport:
        work(dispatch, transport)
        assert states(dispatch) == {"ready": 1, "uncertain": 2}
        assert dispatch.retry_at is not None
        double.answer = lambda request: None
        clock.forward(minutes=2)
        work(dispatch, transport)
    assert states(dispatch) == {"accepted": 1, "uncertain": 2}
    assert delivery_to("ann", dispatch).reply.startswith("answer_lost")


def test_one_refused_request_harms_only_the_one_that_was_its_reason(dispatch: Any, work: Any) -> None:
    double = ResendDouble(answer=refuses("bob"))
    with double.listening() as transport:
        work(dispatch, transport)
    assert recipients(double) == ["ann@example.org", "cem@example.org"]
    assert states(dispatch) == {"accepted": 2, "deferred": 1}
    assert "Invalid" in delivery_to("bob", dispatch).reply


def test_a_provider_that_refuses_all_pauses_the_dispatch_and_rejects_nobody(dispatch: Any, work: Any) -> None:
    double = ResendDouble(answer=lambda request: (422, {"message": "sender not verified"}))
    with double.listening() as transport:
        work(dispatch, transport)
    assert dispatch.status == Dispatch.Status.PAUSED
    assert "sender not verified" in dispatch.status_reason
    assert states(dispatch) == {"deferred": 2, "ready": 1}


@pytest.mark.parametrize(("status", "is_paused"), [(401, True), (403, True), (429, False), (503, False)])
def test_a_provider_that_does_not_begin_leaves_everybody_for_later(
    dispatch: Any, work: Any, status: int, is_paused: bool
) -> None:
    double = ResendDouble(answer=lambda request: (status, {"message": "no"}))
    with double.listening() as transport:
        work(dispatch, transport)
    assert len(double.requests) == 1
    assert states(dispatch) == {"ready": 3}
    assert (dispatch.status == Dispatch.Status.PAUSED) == is_paused
    assert (dispatch.retry_at is not None) != is_paused
    assert not dispatch.deliveries.exclude(attempts=0).exists()


LATER = {"1800": 1800, "999999999": conf.RETRY_MOST_SECONDS, "soon": conf.OUTAGE_SECONDS, "-5": conf.OUTAGE_SECONDS}


@pytest.mark.parametrize(("retry_after", "seconds"), LATER.items())
def test_a_provider_that_asks_to_wait_for_longer_is_left_alone_so_long(
    dispatch: Any, work: Any, clock: Any, retry_after: str, seconds: int
) -> None:
    double = ResendDouble(answer=lambda request: busy(retry_after))
    with double.listening() as transport:
        work(dispatch, transport)
    assert (double.slept, len(double.requests), states(dispatch)) == ([], 1, {"ready": 3})
    assert dispatch.retry_at == clock() + timedelta(seconds=seconds)
    assert in_words(dispatch.status_reason).startswith("The mail provider asks us to wait (HTTP 429 ")


def test_a_provider_may_also_name_the_moment(dispatch: Any, work: Any, clock: Any) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with ResendDouble(answer=lambda request: busy(in_an_hour)).listening() as transport:
        work(dispatch, transport)
    assert timedelta(minutes=59) < dispatch.retry_at - clock() <= timedelta(minutes=61)


def test_a_provider_that_cannot_be_reached_makes_nobody_uncertain(dispatch: Any, work: Any) -> None:
    with ResendDouble().listening() as transport:
        pass
    work(dispatch, transport)
    assert states(dispatch) == {"ready": 3}
    assert dispatch.retry_at is not None
    assert dispatch.status_reason == "server_away: ConnectionError"


class Killed(BaseException):
    """The worker dies."""


def test_a_kill_in_the_midst_of_a_request_leaves_one_piece_uncertain(
    dispatch: Any, work: Any, clock: Any, monkeypatch: Any
) -> None:
    double = ResendDouble()
    with double.listening(most=2) as transport, monkeypatch.context() as dying:

        def die(whole: Any) -> None:
            raise Killed

        dying.setattr("newsletters.sending.transport.anymail_transport._answers", die)
        with pytest.raises(Killed):
            work(dispatch, transport)
    assert Delivery.objects.filter(status="in_flight").count() == 2
    clock.forward(seconds=conf.LEASE_SECONDS + 1)
    ledger.release_expired(now=clock())
    with double.listening(most=2) as transport:
        work(dispatch, transport)
    assert states(dispatch) == {"accepted": 1, "uncertain": 2}
    assert recipients(double) == [f"{name}@example.org" for name in NAMES]


def test_who_leaves_before_the_request_is_not_in_it_and_a_pause_ends_after_it(
    dispatch: Any, work: Any, clock: Any, monkeypatch: Any
) -> None:
    put_in_flight = ledger.put_in_flight

    def leave(key: int, **options: Any) -> bool:
        if key == delivery_to("bob", dispatch).pk:
            unsubscribe(subscription_of("bob", dispatch), source=ConsentSource.ONE_CLICK, now=clock())
        return put_in_flight(key, **options)

    monkeypatch.setattr(ledger, "put_in_flight", leave)
    double = ResendDouble()
    with double.listening(most=2) as transport:
        work(dispatch, transport)
    assert recipients(double) == ["ann@example.org", "cem@example.org"]
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


HOSTILE = 'Bob" <eve@example.org>, %recipient.word0%\r\nBcc: eve@example.org {{x}}'


@pytest.mark.parametrize("name", [HOSTILE, "=?utf-8?q?a=0d=0aBcc:_eve@example.org?=", "Ünal, Ö."])
def test_a_hostile_name_stays_a_name(dispatch: Any, work: Any, name: str) -> None:
    bob = subscription_of("bob", dispatch).subscriber
    bob.first_name = name[:60]
    bob.save()
    double = ResendDouble()
    with double.listening() as transport:
        work(dispatch, transport)
    assert states(dispatch) == {"accepted": 3}
    assert len(double.sent) == 3
    assert recipients(double) == [f"{one}@example.org" for one in NAMES]
    assert not any("\n" in str(value) for mail in double.sent for value in (*mail["to"], *mail["headers"].values()))


def test_an_address_that_is_none_is_excluded_and_the_rest_goes(dispatch: Any, work: Any) -> None:
    bob = subscription_of("bob", dispatch).subscriber
    bob.email = "bob@example.org\u200b"
    bob.save()
    double = ResendDouble()
    with double.listening() as transport:
        work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


def test_an_address_that_anymail_does_not_take_is_excluded_and_the_rest_goes(
    dispatch: Any, work: Any, monkeypatch: Any
) -> None:
    from anymail.backends.resend import ResendPayload
    from anymail.exceptions import AnymailInvalidAddress

    set_recipients = ResendPayload.set_recipients

    def refuse(payload: Any, kind: str, emails: Any) -> None:
        if any(one.addr_spec.startswith("bob") for one in emails):
            raise AnymailInvalidAddress("no such domain")
        set_recipients(payload, kind, emails)

    monkeypatch.setattr(ResendPayload, "set_recipients", refuse)
    double = ResendDouble()
    with double.listening() as transport:
        work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, "excluded": 1}


def test_one_mail_in_one_request_has_a_key_too(dispatch: Any, work: Any) -> None:
    tries = iter([DROP, None, None, None])
    double = ResendDouble(answer=lambda request: next(tries))
    with double.listening(most=1) as transport:
        work(dispatch, transport)
    assert [one.path for one in double.requests] == ["/emails"] * 4
    assert states(dispatch) == {"accepted": 3}
    assert len(double.sent) == 3


ANSWERS = {"rejected": "rejected", "invalid": "rejected", "failed": "deferred", "unknown": "uncertain"}


@pytest.mark.parametrize(("status", "state"), ANSWERS.items())
def test_what_anymail_says_of_one_reader_is_recorded_of_that_one(
    dispatch: Any, work: Any, monkeypatch: Any, status: str, state: str
) -> None:
    from anymail.backends.test import EmailBackend
    from anymail.message import AnymailRecipientStatus

    def say(backend: Any, response: Any, payload: Any, message: Any) -> Any:
        return {
            one: AnymailRecipientStatus("7", status if one.startswith("bob") else "sent")
            for one in payload.recipient_emails
        }

    monkeypatch.setitem(PROVIDERS, "Test", PROVIDERS["Mailgun"])
    monkeypatch.setattr(EmailBackend, "parse_recipient_status", say)
    transport = AnymailTransport(backend="anymail.backends.test.EmailBackend")
    work(dispatch, transport)
    assert states(dispatch) == {"accepted": 2, state: 1}
