"""Encryption and login with real servers: a refusal is an outage that gives its reason, and costs nobody a mail."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from demo.inbox import Listener
from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.seam import Reply, Transport, TransportDown, at_once
from newsletters.sending.transport.smtp import SmtpTransport
from newsletters.values.remarks import in_words
from tests.newsletters.sending.scripted import DROP, PATIENCE_SECONDS, ScriptedServer
from tests.newsletters.sending.transport.test_pipelining import mail_to


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


def hand_over(transport: Transport) -> Reply:
    with transport.connect() as connection:
        return connection.hand_over(mail_to("ann"), take_off=at_once)


def outage_of(transport: Transport) -> TransportDown:
    """Return why nothing can be handed over."""
    with pytest.raises(TransportDown) as caught:
        hand_over(transport)
    return caught.value


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
def test_a_certificate_that_is_not_valid_is_a_fault_of_ours_until_it_is_mended(
    certificates: Any, kind: str, detail: str, use: str, way: str
) -> None:
    inbox = Inbox()

    def transport(options: dict[str, Any]) -> Transport:
        if way == "smtp":
            return SmtpTransport(**options)
        return BackendTransport(backend="django.core.mail.backends.smtp.EmailBackend", options=options)

    with listening(inbox, use=use, certificate=certificates[kind]) as options:
        outage = outage_of(transport(options))
        where = f"127.0.0.1:{options['port']}: " if way == "smtp" else ""
    words = "The mail server's certificate is not valid, so nothing is sent to it"
    assert in_words(str(outage)) == f"{words} ({where}{detail})"
    assert (outage.is_our_fault, inbox.recipients) == (True, [])
    with listening(inbox, use=use, certificate=certificates["good"]) as options:
        assert hand_over(transport(options)).code == 250
    assert inbox.recipients == ["<ann@example.org>"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"use_tls": True}, "The mail server does not offer the encryption or login that the settings ask for"),
        ({"username": "hub", "password": "x"}, "The mail server does not offer the encryption or login"),
        ({"use_ssl": True}, "The mail server cannot be reached with the encryption that the settings ask for"),
    ],
    ids=["no STARTTLS", "no login", "no encryption from the start"],
)
def test_a_server_that_does_not_offer_what_the_settings_ask_for_is_a_fault_of_ours(
    asked: dict[str, Any], words: str
) -> None:
    inbox = Inbox()
    with listening(inbox) as options:
        outage = outage_of(SmtpTransport(**options | asked))
    assert in_words(str(outage)).startswith(words)
    assert (outage.is_our_fault, inbox.recipients) == (True, [])


def asking_for_a_login(inbox: Inbox, certificates: Any) -> Any:
    """Listen with TLS, and accept mails only after a login with the password "right"."""

    def judge(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    return listening(inbox, use="tls", certificate=certificates["good"], auth_required=True, authenticator=judge)


def test_a_login_that_is_refused_is_a_fault_of_ours_until_it_is_mended(certificates: Any) -> None:
    inbox = Inbox()
    with asking_for_a_login(inbox, certificates) as options:
        outage = outage_of(SmtpTransport(**options, username="hub", password="wrong"))
        assert in_words(str(outage)) == (
            "The mail server does not accept the user name and password in the settings "
            f"(127.0.0.1:{options['port']}: 535 5.7.8 Authentication credentials invalid)"
        )
        assert "wrong" not in str(outage)
        assert (outage.is_our_fault, inbox.recipients) == (True, [])
        assert hand_over(SmtpTransport(**options, username="hub", password="right")).code == 250
    assert inbox.recipients == ["<ann@example.org>"]


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
def test_a_server_that_cannot_just_now_is_an_outage(extension: str, asked: dict[str, Any], answer: Any) -> None:
    server = ScriptedServer(
        step=lambda verb, line, number: answer if verb in {"STAR", "AUTH"} else None, extensions=(extension,)
    )
    with server.listening(**asked) as transport:
        see_that_it_is_away(outage_of(transport))
    assert server.taken == []


def test_a_server_that_hangs_up_in_the_handshake_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_offer_encryption_and_hang_up, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        outage = outage_of(SmtpTransport(host="127.0.0.1", port=port, timeout=PATIENCE_SECONDS, use_tls=True))
        thread.join()
    see_that_it_is_away(outage)


def _offer_encryption_and_hang_up(listener: socket.socket) -> None:
    peer, _address = listener.accept()
    with peer:
        for words in (b"220 hello", b"250-hello\r\n250 STARTTLS", b"220 go ahead"):
            peer.sendall(words + b"\r\n")
            peer.recv(10_000)


def see_that_it_is_away(outage: TransportDown) -> None:
    assert in_words(str(outage)).startswith("The mail server cannot be reached (127.0.0.1:")
    assert not outage.is_our_fault
