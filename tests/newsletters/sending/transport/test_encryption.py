"""Encryption and login with real servers: a refusal stops the dispatch with a reason, and costs nobody a mail."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from demo.inbox import Listener
from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.smtp import SmtpTransport
from newsletters.values.remarks import in_words
from tests.newsletters.conftest import states
from tests.newsletters.sending.scripted import DROP, PATIENCE_SECONDS, ScriptedServer

EVERYBODY = [f"<{name}@example.org>" for name in ("ann", "bob", "cem")]


class Inbox:
    """The mails that a real server accepted."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.recipients += [f"<{address}>" for address in envelope.rcpt_tos]
        return "250 2.0.0 kept"


@contextmanager
def listening(inbox: Inbox, *, use: str = "", certificate: ssl.SSLContext | None = None, **options: Any) -> Any:
    """Run aiosmtpd, and yield the options that lead there. `use` is "tls" for STARTTLS, "ssl" from the start."""
    options |= {"tls": {"tls_context": certificate}, "ssl": {"ssl_context": certificate}}.get(use, {})
    listener = Listener(inbox, port=0, **options)
    listener.start()
    where = {"host": "127.0.0.1", "port": listener.port, "timeout": PATIENCE_SECONDS}
    try:
        yield where | ({f"use_{use}": True} if use else {})
    finally:
        listener.stop()


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("self-signed", "self-signed certificate"),
        ("expired", "certificate has expired"),
        ("wrong host", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
@pytest.mark.parametrize("use", ["tls", "ssl"])
@pytest.mark.parametrize("way", ["smtp", "backend"])
def test_a_certificate_that_is_not_valid_pauses_the_dispatch_until_it_is_mended(
    dispatch: Any, work: Any, certificates: Any, kind: str, detail: str, use: str, way: str
) -> None:
    inbox = Inbox()

    def transport(options: dict[str, Any]) -> Any:
        if way == "smtp":
            return SmtpTransport(**options)
        return BackendTransport(backend="django.core.mail.backends.smtp.EmailBackend", options=options)

    with listening(inbox, use=use, certificate=certificates[kind]) as options:
        work(dispatch, transport(options))
        where = f"127.0.0.1:{options['port']}: " if way == "smtp" else ""
    assert dispatch.status == Dispatch.Status.PAUSED
    words = "The mail server's certificate is not valid, so nothing is sent to it"
    assert in_words(dispatch.status_reason) == f"{words} ({where}{detail})"
    assert (states(dispatch), inbox.recipients) == ({"ready": 3}, [])
    ledger.resume(dispatch)
    with listening(inbox, use=use, certificate=certificates["good"]) as options:
        work(dispatch, transport(options))
    assert (states(dispatch), inbox.recipients) == ({"accepted": 3}, EVERYBODY)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"use_tls": True}, "The mail server does not offer the encryption or login that the settings ask for"),
        ({"username": "hub", "password": "x"}, "The mail server does not offer the encryption or login"),
        ({"use_ssl": True}, "The mail server cannot be reached with the encryption that the settings ask for"),
    ],
    ids=["no STARTTLS", "no login", "no encryption from the start"],
)
def test_a_server_that_does_not_offer_what_the_settings_ask_for_pauses_the_dispatch(
    dispatch: Any, work: Any, asked: dict[str, Any], words: str
) -> None:
    inbox = Inbox()
    with listening(inbox) as options:
        work(dispatch, SmtpTransport(**options | asked))
    assert dispatch.status == Dispatch.Status.PAUSED
    assert in_words(dispatch.status_reason).startswith(words)
    assert (states(dispatch), inbox.recipients) == ({"ready": 3}, [])


def test_a_login_that_is_refused_pauses_the_dispatch_until_it_is_mended(
    dispatch: Any, work: Any, certificates: Any
) -> None:
    def judge(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    inbox = Inbox()
    with listening(
        inbox, use="tls", certificate=certificates["good"], auth_required=True, authenticator=judge
    ) as options:
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


@pytest.mark.parametrize(
    ("extension", "asked", "answer"),
    [
        ("STARTTLS", {"use_tls": True}, DROP),
        ("STARTTLS", {"use_tls": True}, "454 4.7.0 TLS not available now"),
        ("AUTH PLAIN", {"username": "hub", "password": "x"}, "454 4.7.0 temporary authentication failure"),
        ("AUTH PLAIN", {"username": "hub", "password": "x"}, DROP),
    ],
    ids=["hangs up at STARTTLS", "no TLS now", "no login now", "hangs up at AUTH"],
)
def test_a_server_that_cannot_just_now_is_waited_for(
    dispatch: Any, work: Any, clock: Any, extension: str, asked: dict[str, Any], answer: Any
) -> None:
    server = ScriptedServer(
        step=lambda verb, line, number: answer if verb in {"STAR", "AUTH"} else None, extensions=(extension,)
    )
    with server.listening(**asked) as transport:
        work(dispatch, transport)
    assert_it_waits(dispatch, clock)
    assert server.taken == []


def test_a_server_that_hangs_up_in_the_handshake_is_waited_for(dispatch: Any, work: Any, clock: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_offer_encryption_and_hang_up, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        work(dispatch, SmtpTransport(host="127.0.0.1", port=port, timeout=PATIENCE_SECONDS, use_tls=True))
        thread.join()
    assert_it_waits(dispatch, clock)


def _offer_encryption_and_hang_up(listener: socket.socket) -> None:
    peer, _address = listener.accept()
    with peer:
        for words in (b"220 hello", b"250-hello\r\n250 STARTTLS", b"220 go ahead"):
            peer.sendall(words + b"\r\n")
            peer.recv(10_000)


def assert_it_waits(dispatch: Dispatch, clock: Any) -> None:
    assert in_words(dispatch.status_reason).startswith("The mail server cannot be reached (127.0.0.1:")
    assert dispatch.status == Dispatch.Status.SENDING
    assert dispatch.retry_at == clock() + timedelta(seconds=conf.OUTAGE_SECONDS)
    assert states(dispatch) == {"ready": 3}
