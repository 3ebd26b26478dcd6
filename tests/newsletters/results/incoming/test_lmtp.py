"""A mail server hands its mails over by LMTP: each is answered for itself, and nothing is lost when something fails."""

from __future__ import annotations

import asyncio
import os
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from newsletters.results.incoming import lmtp
from newsletters.results.incoming.lmtp import TRY_AGAIN, serve
from newsletters.results.incoming.lmtp_address import LmtpAddress, lmtp_address
from tests.newsletters.results.incoming.samples import ANN, RETURN_PATH, sample

ROOT = Path(__file__).parents[4]


class Taken:
    """Keeps what it is given; `answer` may raise."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, str]] = []
        self.answer: Callable[[], str] = lambda: "250 2.0.0 recorded"

    def __call__(self, raw: bytes, recipient: str) -> str:
        self.mails.append((raw, recipient))
        return self.answer()


class Server:
    """A server that runs in a thread, until it is asked to stop."""

    def __init__(self, address: LmtpAddress, receive: Taken) -> None:
        self.stop, self.port = threading.Event(), 0
        self._started = threading.Event()
        self._address, self._receive = address, receive
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.thread.start()
        assert self._started.wait(30)

    async def _serve(self) -> None:
        await serve(self._address, receive=self._receive, should_stop=self.stop.is_set, started=self._note)

    def _note(self, port: int) -> None:
        self.port = port
        self._started.set()

    def client(self) -> smtplib.LMTP:
        return smtplib.LMTP("127.0.0.1", self.port)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def taken() -> Taken:
    return Taken()


@contextmanager
def running(taken: Taken, *, address: LmtpAddress = LmtpAddress(host="127.0.0.1")) -> Iterator[Server]:  # noqa: B008
    server = Server(address, taken)
    try:
        yield server
    finally:
        server.end()


@pytest.fixture
def server(taken: Taken) -> Iterator[Server]:
    with running(taken) as server:
        yield server


def test_a_mail_arrives_with_the_sender_and_recipient_of_its_envelope(server: Server, taken: Taken) -> None:
    raw = sample("postfix_unknown_user").replace(b"\n", b"\r\n") + b"\r\n.\r\n..\r\n"
    with server.client() as client:
        assert client.sendmail("", [RETURN_PATH], raw) == {}
        assert client.sendmail("ann@example.org", ["leave+2-x@hub.test"], b"Subject: unsubscribe\r\n\r\n") == {}
    assert taken.mails == [
        (b"Return-Path: <>\r\n" + raw, RETURN_PATH),
        (b"Return-Path: <ann@example.org>\r\nSubject: unsubscribe\r\n\r\n", "leave+2-x@hub.test"),
    ]


def test_each_recipient_has_its_own_answer(server: Server, taken: Taken) -> None:
    with server.client() as client:
        refused = client.sendmail("", ["a@hub.test", "b@hub.test"], b"Subject: x\r\n\r\n")
        assert {name: code for name, (code, _words) in refused.items()} == {"b@hub.test": 452}
        taken.answer = lambda: "550 5.1.1 Nobody reads it"
        with pytest.raises(smtplib.SMTPDataError, match="Nobody reads it"):
            client.sendmail("", ["b@hub.test"], b"Subject: x\r\n\r\n")
    assert [recipient for _raw, recipient in taken.mails] == ["a@hub.test", "b@hub.test"]


@pytest.mark.parametrize("error", [OperationalError("away"), RuntimeError("a mistake"), OSError("no mail server")])
def test_what_cannot_be_recorded_is_sent_again(server: Server, taken: Taken, error: Exception) -> None:
    def fail() -> str:
        raise error

    taken.answer = fail
    with server.client() as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("", [RETURN_PATH], b"Subject: x\r\n\r\n")
        assert refused.value.smtp_code == 451
        taken.answer = lambda: "250 2.0.0 recorded"
        assert client.sendmail("", [RETURN_PATH], b"Subject: x\r\n\r\n") == {}


def test_a_mail_that_is_too_large_is_refused_and_the_next_one_taken(
    server: Server, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmtp, "MOST_BYTES", 20_000)
    with server.client() as client:
        client.ehlo_or_helo_if_needed()
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("", [RETURN_PATH], b"x" * 70 + b"\r\n" * 30_000)  # it said the size before
        assert refused.value.smtp_code == 552
        client.docmd("MAIL", "FROM:<>")
        client.docmd("RCPT", f"TO:<{RETURN_PATH}>")
        assert client.data(b"y\r\n" * 30_000)[0] == 552
        assert client.sendmail("", [RETURN_PATH], b"Subject: x\r\n\r\n") == {}
    assert len(taken.mails) == 1


def test_a_line_of_any_length_is_taken(server: Server, taken: Taken) -> None:
    with server.client() as client:
        assert client.sendmail("", [RETURN_PATH], b"Subject: x\r\n\r\n" + b"a" * 500_000) == {}
    assert len(taken.mails[0][0]) > 500_000


def test_a_mail_that_breaks_off_is_not_taken(server: Server, taken: Taken) -> None:
    client = server.client()
    client.docmd("LHLO", "x")
    client.docmd("MAIL", "FROM:<>")
    client.docmd("RCPT", f"TO:<{RETURN_PATH}>")
    client.docmd("DATA")
    client.send(b"Subject: half of i")
    client.close()
    with server.client() as client:
        assert client.sendmail("", [RETURN_PATH], b"Subject: whole\r\n\r\n") == {}
    assert [raw.split(b"\r\n")[1] for raw, _recipient in taken.mails] == [b"Subject: whole"]


def test_many_clients_are_answered_one_after_the_other(server: Server, taken: Taken) -> None:
    busy, most = [], []

    def answer() -> str:
        busy.append(1)
        most.append(len(busy))
        busy.pop()
        return "250 2.0.0 recorded"

    taken.answer = answer

    def send() -> None:
        with server.client() as client:
            client.sendmail("", [RETURN_PATH], b"Subject: x\r\n\r\n")

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 10


def test_the_mail_in_hand_is_answered_before_it_stops(server: Server, taken: Taken) -> None:
    def answer() -> str:
        server.stop.set()
        server.thread.join(1)  # it waits for this
        return "250 2.0.0 recorded"

    taken.answer = answer
    client = server.client()
    assert client.sendmail("", [RETURN_PATH], b"Subject: x\r\n\r\n") == {}
    server.end()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
    client.close()


def test_it_listens_at_a_socket_too(taken: Taken, tmp_path: Path) -> None:
    path = str(tmp_path / "bounces.sock")
    with running(taken, address=lmtp_address(path)), smtplib.LMTP(path) as client:
        assert client.sendmail("", [RETURN_PATH], sample("postfix_unknown_user")) == {}
    assert len(taken.mails) == 1


@pytest.mark.parametrize("written", ["127.0.0.1:8024", "localhost:8024", "[::1]:8024"])
def test_an_address_of_this_machine_is_taken(written: str) -> None:
    assert lmtp_address(written).port == 8024


@pytest.mark.parametrize(
    "written",
    ["", "0.0.0.0:8024", "192.0.2.1:8024", ":8024", "127.0.0.1", "127.0.0.1:99999", "a@127.0.0.1:1"],
)
def test_an_address_that_others_reach_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        lmtp_address(written)
    if written:
        with pytest.raises(CommandError):
            call_command("bounces", "--lmtp", written)


def test_a_port_that_is_taken_is_said(server: Server) -> None:
    with pytest.raises(CommandError, match="in use"):
        call_command("bounces", "--lmtp", f"127.0.0.1:{server.port}")


def test_the_process_answers_without_a_database_logs_no_address_and_ends_on_sigterm(tmp_path: Path) -> None:
    environment: dict[str, Any] = {**os.environ, "SECRET_KEY": "x", "DATABASE_URL": f"sqlite:///{tmp_path / 'none'}"}
    command = [sys.executable, "manage.py", "bounces", "--lmtp", "127.0.0.1:0"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout
        said = process.stdout.readline()
        with smtplib.LMTP("127.0.0.1", int(said.rpartition(":")[2])) as client:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail("", [RETURN_PATH], sample("postfix_unknown_user"))
            assert (refused.value.smtp_code, refused.value.smtp_error) == (451, TRY_AGAIN.partition(" ")[2].encode())
            process.terminate()
            output = process.communicate(timeout=60)[0]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "could not be taken in" in output
    assert ANN not in output
    assert RETURN_PATH not in output
