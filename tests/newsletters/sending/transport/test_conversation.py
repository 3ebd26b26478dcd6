"""What we send to a server, and the result of a failed write: small rules that a small slip would break."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from newsletters.sending.transport.seam import (
    ConnectionDropped,
    HeldBack,
    MessageUnsendable,
    ReadyMail,
    Reply,
    ReplyLost,
    at_once,
)
from newsletters.sending.transport.smtp import SmtpTransport
from tests.newsletters.sending.provider import ResendDouble
from tests.newsletters.sending.scripted import PATIENCE_SECONDS, HeldClock, ScriptedServer, client_of
from tests.newsletters.sending.transport.test_encryption import Inbox, listening
from tests.newsletters.sending.transport.test_pipelining import SENDER, mail_to


class BreaksAtTheEnd:
    """A socket that fails after `count` bytes of a final dot; everything else works as usual."""

    def __init__(self, sock: Any, *, count: int) -> None:
        self._sock, self._left = sock, count

    def send(self, data: Any) -> int:
        if not self._left:
            raise BrokenPipeError("broken")
        sent, self._left = self._sock.send(data[: self._left]), 0
        return int(sent)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class BreaksEncrypted(BreaksAtTheEnd):
    """The same, which says that it is encrypted."""

    __class__ = ssl.SSLSocket  # type: ignore[assignment]


@pytest.mark.parametrize("count", [0, 1, 2], ids=["nothing", "a byte of it", "most of it"])
@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "encrypted"])
def test_an_end_that_may_have_gone_out_is_a_lost_reply_and_one_that_has_not_is_a_drop(
    certificates: Any, is_encrypted: bool, count: int
) -> None:
    """An encrypted record may have been sent although its write failed; of a plain one we know how much was sent."""
    inbox, use = Inbox(), "ssl" if is_encrypted else ""
    kind, expected = (BreaksEncrypted, ReplyLost) if is_encrypted else (BreaksAtTheEnd, ConnectionDropped)
    with (
        listening(inbox, use=use, certificate=certificates["good"]) as options,
        SmtpTransport(**options).connect() as connection,
    ):
        assert isinstance(client_of(connection).sock, ssl.SSLSocket) == is_encrypted
        client_of(connection).sock = kind(client_of(connection).sock, count=count)
        with pytest.raises(expected, match="broken"):
            connection.hand_over(mail_to("ann"), take_off=at_once)
    assert inbox.recipients == []


@pytest.mark.parametrize("count", [3, 5], ids=["all of it", "a part of what follows too"])
def test_an_end_that_went_out_before_the_write_broke_is_a_lost_reply(count: int) -> None:
    server = ScriptedServer()
    with server.listening() as transport, transport.connect() as connection:
        client_of(connection).sock = BreaksAtTheEnd(client_of(connection).sock, count=count)
        with pytest.raises(ReplyLost, match="broken"):
            connection.hand_over(mail_to("ann"), following=mail_to("bob"), take_off=at_once)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
def test_it_is_asked_again_directly_before_the_end_whether_the_mail_may_go(extensions: tuple[str, ...]) -> None:
    server, answers = ScriptedServer(extensions=extensions), iter([True, False])
    with server.listening() as transport, transport.connect() as connection, pytest.raises(HeldBack):
        connection.hand_over(mail_to("ann"), following=mail_to("bob"), take_off=lambda: next(answers))
    assert server.taken == []
    assert [line[:4] for line in server.commands[0]][-1] == "DATA"  # it hung up, without another word
    assert next(answers, None) is None


def test_of_a_request_to_a_provider_the_last_block_is_held_back_that_may_not_go() -> None:
    """Even if it was allowed before: connecting and most of a request take long enough for a sleep."""
    double = ResendDouble()
    asked: list[bool] = []

    def first_two_times() -> bool:
        is_asked_a_third_time = len(asked) == 2
        if not is_asked_a_third_time:
            asked.append(True)
        return not is_asked_a_third_time

    message = mail_to("ann").message
    message.set_content("much to read\n" * 10_000)
    mail = ReadyMail(message=message, sender=SENDER, recipient="ann@example.org")
    message["From"], message["To"] = SENDER, mail.recipient
    with double.listening(most=1) as transport, transport.connect() as connection:
        with pytest.raises(HeldBack):
            connection.hand_over(mail, take_off=first_two_times)
        assert (len(asked), double.sent) == (2, [])
        assert connection.hand_over(mail, take_off=at_once).code == 250
    assert len(double.sent) == 1


def test_an_answer_that_is_there_after_a_sleep_counts(monkeypatch: Any) -> None:
    """The process was stopped while the server answered; on waking, all deadlines are past."""
    clock = HeldClock(monkeypatch)
    server = ScriptedServer()
    with server.listening(timeout=30) as transport, transport.connect() as connection:
        read = client_of(connection).sock.recv_into

        def wake_up(*args: Any) -> int:
            if server.taken:
                client_of(connection).sock.settimeout(PATIENCE_SECONDS)
                ready.append(client_of(connection).sock.recv(1, 2))  # MSG_PEEK: it has arrived
                clock.seconds += 10_000
            return int(read(*args))

        ready: list[bytes] = []
        client_of(connection).sock.recv_into = wake_up
        assert connection.hand_over(mail_to("ann"), take_off=at_once) == Reply(code=250, text="2.0.0 taken")
    assert ready


@pytest.mark.parametrize("extensions", [("PIPELINING",), ("PIPELINING", "SMTPUTF8")])
def test_an_address_with_other_letters_is_announced_to_nobody_who_does_not_take_it(extensions: tuple[str, ...]) -> None:
    takes_it = "SMTPUTF8" in extensions
    server = ScriptedServer(extensions=extensions)
    other = ReadyMail(message=mail_to("x").message, sender=SENDER, recipient="jörg@example.org")
    bob = mail_to("bob")
    with server.listening() as transport, transport.connect() as connection:
        assert connection.hand_over(mail_to("ann"), following=other, take_off=at_once).code == 250
        if takes_it:
            assert connection.hand_over(other, following=bob, take_off=at_once).code == 250
        else:
            with pytest.raises(MessageUnsendable, match="no_smtputf8"):
                connection.hand_over(other, following=bob, take_off=at_once)
        assert connection.hand_over(bob, take_off=at_once).code == 250
    said = [line for commands in server.commands for line in commands if "jörg" in line]
    assert len(said) == (1 if takes_it else 0)
    assert len(server.commands) == 1  # and it costs no connection


INJECTIONS = [
    "a@example.org>\r\nRCPT TO:<eve@example.org",
    "a@example.org\n",
    "a\x00b@example.org",
    "a\u2028@example.org",
]


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",), ("PIPELINING", "SMTPUTF8")])
@pytest.mark.parametrize("recipient", INJECTIONS, ids=["another command", "a line", "a null", "a line of Unicode"])
@pytest.mark.parametrize("place", ["recipient", "sender"])
def test_a_line_break_in_an_address_is_said_to_no_server(
    place: str, recipient: str, extensions: tuple[str, ...]
) -> None:
    server = ScriptedServer(extensions=extensions)
    addresses = {"sender": SENDER, "recipient": "a@example.org"} | {place: recipient}
    odd = ReadyMail(message=mail_to("x").message, **addresses)
    with server.listening() as transport, transport.connect() as connection:
        assert connection.hand_over(mail_to("ann"), following=odd, take_off=at_once).code == 250
        with pytest.raises(MessageUnsendable):
            connection.hand_over(odd, take_off=at_once)
        assert connection.hand_over(mail_to("bob"), take_off=at_once).code == 250
    said = [line for commands in server.commands for line in commands if line.startswith(("MAIL", "RCPT"))]
    expected = [
        words for name in ("ann", "bob") for words in (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{name}@example.org>")
    ]
    assert said == expected
