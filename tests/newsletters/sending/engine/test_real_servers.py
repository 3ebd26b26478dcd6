"""A worker and a server on a real socket: what the server does decides what becomes of the sending."""

from __future__ import annotations

from typing import Any

from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.transport.smtp import SmtpTransport
from newsletters.values.remarks import in_words
from tests.newsletters.conftest import states
from tests.newsletters.sending.scripted import Drip, HeldClock, ScriptedServer
from tests.newsletters.sending.transport.test_encryption import Inbox, asking_for_a_login
from tests.newsletters.sending.transport.test_slow_servers import WAYS, server_that

EVERYBODY = [f"<{name}@example.org>" for name in ("ann", "bob", "cem")]


def test_a_login_that_is_refused_pauses_the_dispatch_until_it_is_mended(
    dispatch: Any, work: Any, certificates: Any
) -> None:
    inbox = Inbox()
    with asking_for_a_login(inbox, certificates) as options:
        work(dispatch, SmtpTransport(**options, username="hub", password="wrong"))
        assert dispatch.status == Dispatch.Status.PAUSED
        assert in_words(dispatch.status_reason) == (
            "The mail server does not accept the user name and password in the settings "
            f"(127.0.0.1:{options['port']}: 535 5.7.8 Authentication credentials invalid)"
        )
        assert "wrong" not in dispatch.status_reason
        assert (states(dispatch), inbox.recipients) == ({"ready": 3}, [])
        ledger.resume(dispatch)
        work(dispatch, SmtpTransport(**options, username="hub", password="right"))
    assert (states(dispatch), inbox.recipients) == ({"accepted": 3}, EVERYBODY)


def test_a_server_that_drips_makes_the_sending_wait_and_say_why_and_nobody_is_lost(
    dispatch: Any, work: Any, clock: Any, monkeypatch: Any
) -> None:
    drip = Drip(tick=HeldClock(monkeypatch).tick, **WAYS["a line by the byte"])
    server = server_that("RCPT", drip)
    with server.listening(timeout=30) as transport:
        for _turn in range(3):
            work(dispatch, transport)
    assert set(states(dispatch)) <= {"ready", "deferred"}
    assert "timed out" in dispatch.status_reason or states(dispatch)["deferred"]
    with ScriptedServer().listening() as transport:
        for _turn in range(2):
            clock.forward(seconds=conf.RETRY_FIRST_SECONDS)
            work(dispatch, transport)
    assert states(dispatch) == {"accepted": 3}
