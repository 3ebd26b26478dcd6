"""Several commands at once, only if the server offers it, and what to do with a server that lies (RFC 2920)."""

from __future__ import annotations

import logging
import select
import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import OperationalError

from newsletters.sending.transport.reconnecting import ReconnectingTransport
from newsletters.sending.transport.seam import (
    ConnectionDropped,
    HeldBack,
    OutgoingMail,
    ReadyMail,
    Reply,
    ReplyLost,
    TransportDown,
    at_once,
)
from tests.newsletters.sending.scripted import DROP, PATIENCE_SECONDS, SILENCE, ScriptedServer, client_of

SENDER = "letter@hub.test"
TAKEN = Reply(code=250, text="2.0.0 taken")


def mail_to(name: str) -> ReadyMail:
    message = EmailMessage()
    message["Subject"] = name
    message.set_content(f"dear {name}\n")
    return ReadyMail(message=message, sender=SENDER, recipient=f"{name}@example.org")


def hand_over_all(connection: Any, *mails: OutgoingMail) -> list[Reply]:
    pairs = zip(mails, [*mails[1:], None], strict=True)
    return [connection.hand_over(mail, following=following, take_off=at_once) for mail, following in pairs]


def names_taken(server: ScriptedServer) -> list[str]:
    for recipient, content in server.taken:
        assert f"Subject: {recipient.partition('@')[0]}".encode() in content
    return [recipient.partition("@")[0] for recipient, _content in server.taken]


def test_the_next_envelope_travels_with_the_end_of_this_mail_and_its_content_does_not() -> None:
    server = ScriptedServer()
    ann, bob = mail_to("ann"), mail_to("bob")
    with server.listening() as transport, transport.connect() as connection:
        server.waits_for_next = True  # it would wait for ever for an envelope that comes later
        assert connection.hand_over(ann, following=bob, take_off=at_once) == TAKEN
        assert names_taken(server) == ["ann"]
        server.waits_for_next = False
        assert connection.hand_over(bob, take_off=at_once) == TAKEN
    assert names_taken(server) == ["ann", "bob"]


def test_where_it_is_not_announced_every_command_waits_for_the_answer_before() -> None:
    server = ScriptedServer(extensions=())
    with server.listening() as transport, transport.connect() as connection:
        assert hand_over_all(connection, mail_to("ann"), mail_to("bob")) == [TAKEN, TAKEN]
    assert names_taken(server) == ["ann", "bob"]
    assert server.came_early == [[]]
    assert [line[:4] for line in server.commands[0]] == [
        "ehlo", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "quit",
    ]  # fmt: skip


@pytest.mark.parametrize("to_data", ["354 go on", "503 5.5.1 no valid recipients", "554 5.5.1 none"])
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_refused_recipient_gets_nothing_and_the_others_get_theirs(to_data: str, extensions: tuple[str, ...]) -> None:
    def step(verb: str, line: str, number: int) -> Any:
        if verb == "RCPT":
            refused.append("unknown" in line)
        if refused and refused[-1]:
            return {"RCPT": "550 5.1.1 unknown", "DATA": to_data, "DOT": "554 5.5.1 no recipients"}.get(verb)
        return None

    refused: list[bool] = []
    server = ScriptedServer(step=step, extensions=extensions)
    mails = [mail_to(name) for name in ("ann", "unknown", "unknown2", "bob", "unknown3")]
    with server.listening() as transport, transport.connect() as connection:
        replies = hand_over_all(connection, *mails)
    assert [reply.code for reply in replies] == [250, 550, 550, 250, 550]
    assert replies[1] == Reply(code=550, text="5.1.1 unknown")
    assert names_taken(server) == ["ann", "bob"]
    assert len(server.commands) == 1
    assert "RSET" in server.commands[0]


def test_a_mail_that_was_announced_and_then_withdrawn_is_not_sent() -> None:
    server = ScriptedServer()
    ann, bob, cem = mail_to("ann"), mail_to("bob"), mail_to("cem")
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        line.hand_over(ann, following=bob, take_off=at_once)
        assert line.hand_over(cem, take_off=at_once) == TAKEN
        line.hand_over(ann, following=bob, take_off=at_once)
        line.close()
    assert names_taken(server) == ["ann", "cem", "ann"]
    assert len(server.commands) == 2


def test_a_server_that_tired_of_waiting_while_the_ledger_was_away_took_nothing() -> None:
    server = ScriptedServer()
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        line.hand_over(mail_to("ann"), take_off=at_once)

        def take_off() -> bool:
            if len(server.peers) == 1:
                server.peers[0].sendall(b"421 4.4.2 timeout\r\n")
                assert select.select([client_of(line).sock], [], [], PATIENCE_SECONDS)[0]  # it has arrived
            return True

        assert line.hand_over(mail_to("bob"), take_off=take_off) == TAKEN
        line.close()
    assert names_taken(server) == ["ann", "bob"]
    assert len(server.commands) == 2


def test_a_ledger_that_fails_before_the_end_of_a_mail_hangs_up_at_once(monkeypatch: Any) -> None:
    def fail() -> bool:
        raise OperationalError("the database is away")

    server, said_goodbye = ScriptedServer(), []
    monkeypatch.setattr(smtplib.SMTP, "quit", lambda client: said_goodbye.append(client.sock))
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        with pytest.raises(OperationalError):
            line.hand_over(mail_to("ann"), take_off=fail)
        monkeypatch.undo()
        assert said_goodbye == [None]  # inside a content, no QUIT is heard or answered
        assert line.hand_over(mail_to("bob"), take_off=at_once) == TAKEN
        line.close()
    assert names_taken(server) == ["bob"]


def test_a_server_that_forgets_what_came_early_is_sent_one_command_at_a_time(caplog: Any, monkeypatch: Any) -> None:
    server = ScriptedServer(is_forgetful=True)
    with server.listening_to_the_impatient(monkeypatch) as transport:
        line = ReconnectingTransport(transport)
        with pytest.raises(ConnectionDropped):
            line.hand_over(mail_to("ann"), take_off=at_once)
        with caplog.at_level(logging.WARNING):
            assert hand_over_all(line, mail_to("ann"), mail_to("bob")) == [TAKEN, TAKEN]
        line.close()
    assert names_taken(server) == ["ann", "bob"]


def test_a_server_that_drops_the_next_envelope_is_found_out_once() -> None:
    """It takes the first group of commands, and hangs up at the commands that come with the end of a mail."""

    def step(verb: str, line: str, number: int) -> Any:
        return DROP if verb == "MAIL" and number == 0 and server.taken else None

    server = ScriptedServer(step=step)
    mails = [mail_to(name) for name in ("ann", "bob", "cem")]
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        assert hand_over_all(line, *mails) == [TAKEN] * 3
        line.close()
    assert names_taken(server) == ["ann", "bob", "cem"]
    assert len(server.commands) == 2
    assert server.came_early[1] == []


@pytest.mark.parametrize(
    "odd",
    [
        {"RCPT": "354 go on"},  # answers are one ahead
        {"DATA": "250 ok"},  # or one behind
        {"DATA": "503 5.5.1 bad sequence"},  # though a recipient was taken
        {"DATA": "354 go on\r\n250 2.0.0 taken"},  # an answer to nothing, before the content
        {"MAIL": "mumble"},
    ],
)
def test_answers_that_do_not_fit_are_believed_by_nobody(odd: dict[str, str]) -> None:
    server = ScriptedServer(step=lambda verb, line, number: odd.get(verb) if number == 0 else None)
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        with pytest.raises(ConnectionDropped):
            line.hand_over(mail_to("ann"), take_off=at_once)
        assert server.taken == []
        assert hand_over_all(line, mail_to("ann"), mail_to("bob")) == [TAKEN, TAKEN]
        line.close()
    assert names_taken(server) == ["ann", "bob"]
    assert server.came_early[1] == []


def test_a_server_that_kept_its_word_is_still_trusted_when_it_hangs_up() -> None:
    server = ScriptedServer(step=lambda verb, line, number: DROP if "cem" in line and number == 0 else None)
    mails = [mail_to(name) for name in ("ann", "bob", "cem", "dee", "eva")]
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        assert hand_over_all(line, *mails) == [TAKEN] * 5
        server.came_early[1].clear()
        assert hand_over_all(line, mail_to("finn")) == [TAKEN]
        line.close()
    assert server.came_early[1] != []


def test_after_a_goodbye_the_next_mail_goes_over_a_new_connection() -> None:
    def step(verb: str, line: str, number: int) -> Any:
        return "421 4.7.0 too many mails" if verb == "MAIL" and number == 0 and server.taken else None

    server = ScriptedServer(step=step)
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        assert hand_over_all(line, mail_to("ann"), mail_to("bob")) == [TAKEN, TAKEN]
        line.close()
    assert [len(commands) > 3 for commands in server.commands] == [True, True]


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_drop_in_a_content_that_was_not_sent_to_its_end_is_no_lost_reply(
    extensions: tuple[str, ...], monkeypatch: Any
) -> None:
    server = ScriptedServer(extensions=extensions)
    with server.listening() as transport, transport.connect() as connection:
        client_of(connection).sock = HalfASocket(client_of(connection).sock)
        with pytest.raises(ConnectionDropped, match="broken"):
            connection.hand_over(mail_to("ann"), following=mail_to("bob"), take_off=at_once)
    assert server.taken == []


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_until_it_takes_off_the_server_has_a_mail_without_its_end(extensions: tuple[str, ...]) -> None:
    server = ScriptedServer(extensions=extensions)
    ann, bob, cem = mail_to("ann"), mail_to("bob"), mail_to("cem")
    with server.listening() as transport:
        line = ReconnectingTransport(transport)
        assert line.hand_over(ann, following=bob, take_off=at_once) == TAKEN
        with pytest.raises(HeldBack):
            line.hand_over(bob, following=cem, take_off=lambda: names_taken(server) != ["ann"])
        assert line.hand_over(cem, take_off=at_once) == TAKEN
        line.close()
    assert names_taken(server) == ["ann", "cem"]
    assert [line[:4] for line in server.commands[0]][-1] == "DATA"  # nothing was said after it


def test_a_refused_mail_takes_off_before_its_refusal_is_told() -> None:
    asked: list[str] = []

    def take_off() -> bool:
        asked.append("ann")
        return True

    server = ScriptedServer(step=lambda verb, line, number: "550 5.1.1 unknown" if verb == "RCPT" else None)
    with server.listening() as transport, transport.connect() as connection:
        reply = connection.hand_over(mail_to("ann"), take_off=take_off)
    assert (reply.code, asked) == (550, ["ann"])


class HalfASocket:
    """A socket that takes ten bytes of a content and breaks."""

    def __init__(self, sock: Any) -> None:
        self.sock, self.begin = sock, sock.begin

    def sendall(self, data: bytes) -> None:
        if b"dear" not in data:
            return self.sock.sendall(data)
        self.sock.sendall(data[:10])
        raise BrokenPipeError("broken")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


@pytest.mark.parametrize("what", [DROP, SILENCE, "354 go on", "nonsense"])
def test_no_clear_answer_to_a_content_is_a_lost_reply(what: Any, monkeypatch: Any) -> None:
    server = ScriptedServer(step=lambda verb, line, number: what if verb == "DOT" else None)
    with (
        server.listening_to_the_impatient(monkeypatch) as transport,
        transport.connect() as connection,
        pytest.raises(ReplyLost),
    ):
        connection.hand_over(mail_to("ann"), following=mail_to("bob"), take_off=at_once)


def test_what_was_said_before_encryption_is_forgotten() -> None:
    """A man in the middle appends an answer to that to STARTTLS: it must not count as an encrypted one."""
    injected = "220 go on\r\n250-hub.test\r\n250 PIPELINING"
    server = ScriptedServer(
        step=lambda verb, line, number: injected if verb == "STAR" else None, extensions=("STARTTLS", "PIPELINING")
    )
    with (
        server.listening(use_tls=True) as transport,
        pytest.raises(TransportDown, match="before encryption") as info,
        transport.connect(),
    ):
        pytest.fail("it must not connect")
    assert info.value.is_our_fault
    assert [line[:4] for line in server.commands[0][:2]] == ["ehlo", "STAR"]
    assert not any(line.startswith("MAIL") for line in server.commands[0])
