"""A server that drips, never ends or does not read holds a worker no longer than one whole answer may take."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import EmailMessage as DjangoMessage

from cms.background.compat import mail_backend
from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.seam import ReadyMail, ReplyLost, TransportDown, at_once
from newsletters.sending.transport.smtp import SmtpTransport
from tests.newsletters.sending.scripted import PATIENCE_SECONDS, Drip, HeldClock, ScriptedServer

WAYS: dict[str, dict[str, Any]] = {
    "a line by the byte": {"first": b"250 o", "each": b"o"},
    "lines by the line": {"first": b"", "each": b"250-still here\r\n"},
    "one line, at once": {"first": b"250 ", "each": b"o" * 100_000, "is_flood": True},
    "lines, at once": {"first": b"", "each": b"250-still here\r\n" * 10_000, "is_flood": True},
}
BEFORE = ("HELLO", "EHLO", "STAR", "AUTH", "MAIL", "RCPT", "DATA", "RSET")
OPTIONS: dict[str, dict[str, Any]] = {"STAR": {"use_tls": True}, "AUTH": {"username": "hub", "password": "x"}}
SENDER = "letter@hub.test"
MOST_READS = 600  # of a hundredth of a second each, longer than the five seconds of the time-out


def mail_to(name: str) -> ReadyMail:
    message = EmailMessage()
    message.set_content("dear reader\n")
    return ReadyMail(message=message, sender=SENDER, recipient=f"{name}@example.org")


class LongMail:
    """A mail that is larger than the buffers between two sockets."""

    sender, recipient, wire = SENDER, "ann@example.org", b"much to read\r\n" * 1_500_000

    def as_message(self) -> EmailMessage:
        raise AssertionError("Over SMTP the wire is sent as it is, and no message is made of it.")


@pytest.fixture
def held_clock(monkeypatch: Any) -> HeldClock:
    return HeldClock(monkeypatch)


def server_that(verb: str, drip: Drip) -> ScriptedServer:
    """Make a server that never finishes its answer to the first `verb`."""

    def step(said: str, line: str, number: int) -> Any:
        if verb == "RSET" and said == "RCPT" and "unknown" in line:
            return "550 5.1.1 unknown"
        return drip if said == verb else None

    return ScriptedServer(step=step, extensions=("PIPELINING", "STARTTLS", "AUTH PLAIN"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("verb", BEFORE)
def test_an_answer_without_end_before_the_end_of_the_mail_is_an_outage(
    held_clock: HeldClock, verb: str, way: str
) -> None:
    drip = Drip(tick=held_clock.tick, **WAYS[way])

    def send() -> None:
        with transport.connect() as connection:
            if verb == "RSET":
                connection.hand_over(mail_to("unknown"), take_off=at_once)
            connection.hand_over(mail_to("ann"), take_off=at_once)

    options = OPTIONS.get(verb, {})
    with server_that(verb, drip).listening(timeout=30, **options) as transport, pytest.raises(TransportDown):
        send()
    assert drip.was_cut()


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_without_end_to_the_end_of_the_mail_leaves_it_uncertain_after_ten_minutes(
    held_clock: HeldClock, way: str
) -> None:
    drip = Drip(tick=held_clock.tick, **WAYS[way])
    with (
        server_that("DOT", drip).listening(timeout=30) as transport,
        pytest.raises(ReplyLost),
        transport.connect() as connection,
    ):
        connection.hand_over(mail_to("ann"), take_off=at_once)
    assert drip.was_cut()
    if not drip.is_flood:
        assert held_clock.seconds >= 600  # RFC 5321, section 4.5.3.2.6: it may take so long


def test_a_goodbye_without_end_is_not_waited_for(held_clock: HeldClock) -> None:
    drip = Drip(tick=held_clock.tick, **WAYS["a line by the byte"])
    with server_that("QUIT", drip).listening(timeout=30) as transport, transport.connect() as connection:
        assert connection.hand_over(mail_to("ann"), take_off=at_once).code == 250
    assert drip.was_cut()
    assert held_clock.seconds < 30


@pytest.mark.parametrize("verb", ["HELLO", "EHLO", "MAIL", "DOT"])
@pytest.mark.parametrize("way", WAYS)
def test_djangos_own_mails_and_a_backend_of_it_wait_no_longer(held_clock: HeldClock, verb: str, way: str) -> None:
    drip = Drip(tick=held_clock.tick, **WAYS[way])
    with server_that(verb, drip).listening() as ours:
        options = {"host": ours.host, "port": ours.port, "timeout": 30}
        backend = mail_backend(backend="cms.network.mail_backend.SmtpBackend", options=options)
        mail = DjangoMessage("subject", "body", SENDER, ["ann@example.org"])
        with pytest.raises(OSError, match=r"timed out|does not end|too long"):
            backend.send_messages([mail])
    assert drip.was_cut()
    drip = Drip(tick=held_clock.tick, **WAYS[way])
    with server_that(verb, drip).listening() as ours:
        options = {"host": ours.host, "port": ours.port, "timeout": 30}
        theirs = BackendTransport(backend="django.core.mail.backends.smtp.EmailBackend", options=options)
        with pytest.raises((TransportDown, ReplyLost)), theirs.connect() as connection:
            connection.hand_over(mail_to("ann"), take_off=at_once)
    assert drip.was_cut()


@contextmanager
def talking(act: Callable[[socket.socket], None]) -> Iterator[int]:
    """Let `act` talk to the first client, in a thread; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            peer, _address = listener.accept()
            with peer, suppress(OSError):
                act(peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


@pytest.mark.parametrize("use", ["use_tls", "use_ssl"])
def test_a_handshake_without_end_is_an_outage(use: str) -> None:
    """Its deadline is that of Python's ssl module, on the real clock."""
    drip = Drip(first=b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", each=b"\x00")  # a long ServerHello

    def act(peer: socket.socket) -> None:
        if use == "use_tls":
            for words in (b"220 hello", b"250-hello\r\n250 STARTTLS", b"220 go ahead"):
                peer.sendall(words + b"\r\n")
                peer.recv(10_000)
        else:
            peer.recv(10_000)
        drip.run(peer)

    with talking(act) as port:
        options: dict[str, Any] = {"host": "127.0.0.1", "port": port, "timeout": 3, use: True}
        with pytest.raises(TransportDown, match="timed out"), SmtpTransport(**options).connect():
            pytest.fail("it must not connect")
    assert drip.was_cut()


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_server_that_hardly_reads_a_content_is_an_outage(
    held_clock: HeldClock, certificates: dict[str, ssl.SSLContext], is_encrypted: bool
) -> None:
    read: list[int] = []
    given_up = threading.Event()

    def act(peer: socket.socket) -> None:
        talk = certificates["good"].wrap_socket(peer, server_side=True) if is_encrypted else peer
        with talk:
            for words in (b"220 hello", b"250 hello", b"250 ok", b"250 ok", b"354 go on"):
                talk.sendall(words + b"\r\n")
                if not words.startswith(b"354"):
                    talk.recv(10_000)
            while len(read) < MOST_READS and not given_up.wait(0.01):
                read.append(len(talk.recv(5_000)))
                held_clock.tick()
            given_up.wait(PATIENCE_SECONDS)

    with talking(act) as port:
        transport = SmtpTransport(host="127.0.0.1", port=port, timeout=5, use_ssl=is_encrypted)
        with pytest.raises(TransportDown), transport.connect() as connection:
            connection.hand_over(LongMail(), take_off=at_once)
        given_up.set()
    assert len(read) < MOST_READS
