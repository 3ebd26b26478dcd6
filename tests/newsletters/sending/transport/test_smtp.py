"""SMTP over a real connection, and any Django email backend through the same interface."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from cms.values.mail_headers import POLICY
from demo.inbox import Listener
from newsletters.sending.ledger.bounce_classes import bounce_class_of
from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.message import set_bodies
from newsletters.sending.transport.reconnecting import ReconnectingTransport
from newsletters.sending.transport.seam import ConnectionDropped, MessageUnsendable, Reply, ReplyLost, TransportDown
from newsletters.sending.transport.smtp import SmtpTransport
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.addresses import address
from tests.newsletters.sending.scripted import PATIENCE_SECONDS
from tests.parts import body_part

SENDER = "letter@hub.test"
LIST_UNSUBSCRIBE = f"<https://hub.test/n/u/{'x' * 80}>, <mailto:answers@hub.test?subject=unsubscribe>"
BODY = ".\n.. two dots\n.hidden\nFrom the start\nZoë\n"


class Server:
    """An aiosmtpd handler that keeps what it accepts and refuses what the test says."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.connections = 0
        self.mail_reply = self.data_reply = ""

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.mail_reply:
            return self.mail_reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address.startswith("unknown"):
            return "550 5.1.1 no such user"
        if address.startswith("drop"):
            server.transport.abort()
        if address.startswith("bye"):
            await server.push("421 4.3.2 going down")
            server.transport.close()
        if address.startswith("busy"):
            return "450 4.2.1 later, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
            return "250 never heard"
        if self.data_reply:
            return self.data_reply
        self.taken.append(envelope)
        return "250 2.0.0 kept"


@contextmanager
def listening(handler: Any, **options: Any) -> Iterator[SmtpTransport]:
    listener = Listener(handler, port=0, **options)
    listener.start()
    try:
        yield SmtpTransport(host="127.0.0.1", port=listener.port, timeout=PATIENCE_SECONDS)
    finally:
        listener.stop()


@pytest.fixture(scope="module")
def smtp_server() -> Iterator[tuple[Server, SmtpTransport]]:
    server = Server()
    with listening(server, enable_SMTPUTF8=True) as transport:
        yield server, transport


@pytest.fixture
def smtp(smtp_server: Any) -> Any:
    server, _transport = smtp_server
    server.__init__()
    return smtp_server


def message_to(recipient: str, *, body: str = BODY) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = address(SENDER, name="The Hub")
    message["To"] = address(recipient, name="Ann")
    message["Subject"] = "Zoë’s dots"
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = "<1.abc@hub.test>"
    message["List-Unsubscribe"] = LIST_UNSUBSCRIBE
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    set_bodies(message, text=body, html=f"<p>{body}</p>", language="en")
    return message


def send(connection: Any, recipient: str, **options: Any) -> Reply:
    to = message_to(recipient, **options)
    reply: Reply = connection.send(to, sender=SENDER, recipient=to["To"].addresses[0].addr_spec)
    return reply


@pytest.fixture(params=["smtp", "backend", "backend over smtp"])
def any_transport(request: Any) -> Any:
    """Return a transport, and a function that returns the messages that arrived, as bytes."""
    if request.param == "smtp":
        server, transport = request.getfixturevalue("smtp")
        return transport, lambda: [envelope.original_content for envelope in server.taken]
    if request.param == "backend over smtp":
        server, ours = request.getfixturevalue("smtp")
        options = {"host": ours.host, "port": ours.port, "timeout": PATIENCE_SECONDS}
        transport = BackendTransport(backend="django.core.mail.backends.smtp.EmailBackend", options=options)
        return transport, lambda: [envelope.original_content for envelope in server.taken]
    mail.outbox = []
    transport = BackendTransport(backend="django.core.mail.backends.locmem.EmailBackend")
    return transport, lambda: [one.message().as_bytes() for one in mail.outbox]


def test_every_transport_says_what_was_taken_and_carries_headers_and_bodies(any_transport: Any) -> None:
    transport, arrived = any_transport
    with transport.connect() as connection:
        assert verdict_on(send(connection, "ann@example.org")) is Verdict.ACCEPTED
        assert verdict_on(send(connection, "bob@example.org")) is Verdict.ACCEPTED
    messages = [message_from_bytes(data, _class=EmailMessage, policy=policy.default) for data in arrived()]
    assert [message["To"] for message in messages] == ["Ann <ann@example.org>", "Ann <bob@example.org>"]
    first = messages[0]
    assert first["Subject"] == "Zoë’s dots"
    assert first["From"] == "The Hub <letter@hub.test>"
    assert first["Message-ID"] == "<1.abc@hub.test>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["List-Unsubscribe"].strip().startswith("<https://hub.test/n/u/xxx")
    assert [len(first.get_all(name, [])) for name in ("Message-ID", "Date", "MIME-Version")] == [1, 1, 1]
    assert first.get_content_type() == "multipart/alternative"
    assert body_part(first, "plain").replace("\r\n", "\n") == BODY
    assert body_part(first, "html").replace("\r\n", "\n").rstrip("\n") == f"<p>{BODY}</p>"


def test_list_unsubscribe_stays_in_one_piece(any_transport: Any) -> None:
    transport, arrived = any_transport
    with transport.connect() as connection:
        send(connection, "ann@example.org")
    (data,) = arrived()
    assert f"List-Unsubscribe: {LIST_UNSUBSCRIBE}".encode() in data.splitlines()
    assert message_from_bytes(data)["List-Unsubscribe"] == LIST_UNSUBSCRIBE  # as simple parsers read it
    assert max(map(len, data.splitlines())) < 998


def test_a_backend_of_a_provider_is_given_each_header_in_one_piece() -> None:
    mail.outbox = []
    with BackendTransport(backend="django.core.mail.backends.locmem.EmailBackend").connect() as connection:
        send(connection, "ann@example.org")
    (one,) = mail.outbox
    assert one.extra_headers["List-Unsubscribe"] == LIST_UNSUBSCRIBE
    assert one.extra_headers["Message-ID"] == "<1.abc@hub.test>"
    assert (one.to, one.from_email) == (["Ann <ann@example.org>"], "The Hub <letter@hub.test>")


def test_a_refused_recipient_is_a_reply_and_the_connection_goes_on(smtp: Any) -> None:
    server, transport = smtp
    with transport.connect() as connection:
        assert send(connection, "unknown@example.org") == Reply(code=550, text="5.1.1 no such user")
        assert send(connection, "busy@example.org") == Reply(code=450, text="4.2.1 later, please")
        assert send(connection, "ann@example.org") == Reply(code=250, text="2.0.0 kept")
    assert [envelope.rcpt_tos for envelope in server.taken] == [["ann@example.org"]]
    assert server.connections == 1


def test_a_refusal_after_the_data_is_a_reply(smtp: Any) -> None:
    server, transport = smtp
    server.data_reply = "554 5.6.0 we do not like it"
    with transport.connect() as connection:
        assert send(connection, "ann@example.org") == Reply(code=554, text="5.6.0 we do not like it")
        server.data_reply = ""
        assert send(connection, "ann@example.org").code == 250


def test_a_connection_that_is_cut_after_the_data_is_a_lost_reply(smtp: Any) -> None:
    _server, transport = smtp
    with transport.connect() as connection, pytest.raises(ReplyLost):
        send(connection, "cut@example.org")


@pytest.mark.parametrize(("reply", "is_our_fault"), [("553 5.7.1 not you", True), ("451 4.3.0 not now", False)])
def test_a_refused_sender_means_that_the_server_is_down_for_us(smtp: Any, reply: str, is_our_fault: bool) -> None:
    server, transport = smtp
    server.mail_reply = reply
    with (
        transport.connect() as connection,
        pytest.raises(TransportDown, match=r"letter@hub\.test.*" + reply[4:]) as info,
    ):
        send(connection, "ann@example.org")
    assert info.value.is_our_fault is is_our_fault


def test_a_server_that_does_not_listen_is_down(smtp: Any) -> None:
    with (
        pytest.raises(TransportDown, match=r"127\.0\.0\.1:1"),
        SmtpTransport(host="127.0.0.1", port=1, timeout=2).connect(),
    ):
        pytest.fail("it must not connect")


def test_a_server_that_says_nothing_is_down_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = SmtpTransport(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.2)
        with pytest.raises(TransportDown, match="timed out"), transport.connect():
            pytest.fail("it must not connect")


def test_a_server_that_goes_away_before_the_data_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet_and_hang_up, args=(listener,))
        thread.start()
        transport = SmtpTransport(host="127.0.0.1", port=listener.getsockname()[1], timeout=PATIENCE_SECONDS)
        with transport.connect() as connection, pytest.raises(TransportDown):
            send(connection, "ann@example.org")
        thread.join()


def _greet_and_hang_up(listener: socket.socket) -> None:
    peer, _address = listener.accept()
    with peer:
        peer.sendall(b"220 hello\r\n")
        peer.recv(1000)
        peer.sendall(b"250 hello\r\n")
        peer.recv(1000)


def test_a_server_that_hangs_up_before_the_data_dropped_the_connection(smtp: Any) -> None:
    _server, transport = smtp
    with transport.connect() as connection, pytest.raises(ConnectionDropped):
        send(connection, "drop@example.org")


def test_a_server_that_says_goodbye_has_answered_and_the_next_message_gets_a_new_connection(smtp: Any) -> None:
    server, transport = smtp
    line = ReconnectingTransport(transport)
    assert send(line, "bye@example.org") == Reply(code=421, text="4.3.2 going down")
    assert send(line, "ann@example.org").code == 250
    line.close()
    assert server.connections == 2


def test_a_message_that_cannot_be_written_is_unsendable_and_the_conversation_goes_on(smtp: Any) -> None:
    server, transport = smtp
    odd = message_to("ann@example.org")
    nothing: Any = object()
    odd.set_payload([nothing])
    with transport.connect() as connection:
        with pytest.raises(MessageUnsendable, match="making_failed"):
            connection.send(odd, sender=SENDER, recipient="ann@example.org")
        assert send(connection, "ann@example.org").code == 250
    assert len(server.taken) == 1


def test_lines_that_start_with_a_dot_arrive_as_they_were(smtp: Any) -> None:
    server, transport = smtp
    body = "".join(f"{'.' * number} x\n.\n" for number in range(5))
    with transport.connect() as connection:
        send(connection, "ann@example.org", body=body)
        send(connection, "ann@example.org", body=".")
        send(connection, "ann@example.org", body="no line break at the end")
    bodies = [
        body_part(message_from_bytes(envelope.original_content, _class=EmailMessage, policy=policy.default), "plain")
        for envelope in server.taken
    ]
    assert [text.replace("\r\n", "\n").rstrip("\n") for text in bodies] == [
        body.rstrip("\n"),
        ".",
        "no line break at the end",
    ]


def test_an_address_with_other_letters_goes_to_a_server_that_takes_them(smtp: Any) -> None:
    server, transport = smtp
    with transport.connect() as connection:
        assert send(connection, "jörg@bücher.example").code == 250
    (envelope,) = server.taken
    assert envelope.rcpt_tos == ["jörg@xn--bcher-kva.example"]
    assert "SMTPUTF8" in envelope.mail_options
    head = envelope.original_content.partition(b"\r\n\r\n")[0].decode("utf-8")
    assert "To: Ann <jörg@xn--bcher-kva.example>" in head.splitlines()


def test_an_address_with_other_letters_is_unsendable_elsewhere_and_the_rest_goes_on() -> None:
    server = Server()
    with listening(server, enable_SMTPUTF8=False) as transport, transport.connect() as connection:
        with pytest.raises(MessageUnsendable, match="no_smtputf8"):
            send(connection, "jörg@example.org")
        assert send(connection, "ann@example.org").code == 250
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "email", ['"a b"@example.org', "o'neil+x@example.org", '"a@b"@example.org', "a_b-c.d@sub.example.org"]
)
def test_odd_but_valid_addresses_stand_in_the_envelope_as_they_are(smtp: Any, email: str) -> None:
    server, transport = smtp
    with transport.connect() as connection:
        assert send(connection, email).code == 250
    assert server.taken[0].rcpt_tos == [email]


@pytest.mark.parametrize(
    ("code", "text", "verdict"),
    [
        (250, "ok", Verdict.ACCEPTED),
        (450, "4.2.0 greylisted", Verdict.LATER),
        (421, "4.3.2 closing", Verdict.LATER),
        (452, "4.2.2 mailbox full", Verdict.LATER),
        (550, "5.1.1 unknown", Verdict.REFUSED),
        (552, "5.2.2 mailbox full", Verdict.REFUSED),
        (550, "no enhanced code", Verdict.REFUSED),
        (550, "5.7.1 policy", Verdict.OUR_FAULT),
        (550, "5.7.26 unauthenticated", Verdict.OUR_FAULT),
        (550, "5.7.515 access denied", Verdict.OUR_FAULT),
        (451, "4.7.0 try later, reputation", Verdict.OUR_FAULT),
        (550, "5.1.1 mail for 15.7.1 is unknown here", Verdict.REFUSED),
        (354, "go on", Verdict.LATER),
        (450, "4.2.1 The user receives mail too fast", Verdict.SLOW_DOWN),
        (451, "4.7.1 Greylisting in action, come back later", Verdict.LATER),
        (550, "5.7.1 we never took to greylisting", Verdict.OUR_FAULT),
    ],
)
def test_a_reply_means(code: int, text: str, verdict: Verdict) -> None:
    assert verdict_on(Reply(code=code, text=text)) is verdict


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (250, "2.0.0 ok", ""),
        (550, "5.1.1 unknown", "hard"),
        (550, "5.1.10 no such recipient", "hard"),
        (452, "4.2.2 full", "full"),
        (552, "5.2.2 full", "full"),
        (550, "5.7.26 unauthenticated", "ours"),
        (421, "4.7.0 reputation", "ours"),
        (451, "4.7.1 Greylisted", "later"),
        (450, "4.2.1 too fast", "slow"),
        (552, "no code", "full"),
        (550, "no code", "other"),
        (550, "5.1.1000 odd", "other"),
    ],
)
def test_a_refusal_is_of_a_kind(code: int, text: str, expected: str) -> None:
    assert bounce_class_of(Reply(code=code, text=text)) == expected


class BackendThatRaises(BaseEmailBackend):
    """A Django email backend that raises a given error, when it sends or when it is opened."""

    def __init__(self, *, error: Exception, when: str = "send", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error, self.when = error, when

    def open(self) -> None:
        if self.when == "open":
            raise self.error

    def send_messages(self, email_messages: Sequence[mail.EmailMessage]) -> int:
        raise self.error


def _answer_of(error: Exception, **options: Any) -> Reply:
    transport = BackendTransport(backend=f"{__name__}.BackendThatRaises", options={"error": error, **options})
    with transport.connect() as connection:
        return send(connection, "ann@example.org")


def test_a_backends_errors_are_replies_where_they_say_what_happened() -> None:
    refused = smtplib.SMTPRecipientsRefused({"ann@example.org": (550, b"5.1.1 unknown")})
    assert _answer_of(refused) == Reply(code=550, text="5.1.1 unknown")
    assert _answer_of(smtplib.SMTPDataError(554, b"5.6.0 no")) == Reply(code=554, text="5.6.0 no")
    with pytest.raises(ReplyLost):
        _answer_of(smtplib.SMTPServerDisconnected("gone"))
    with pytest.raises(ReplyLost):
        _answer_of(TimeoutError("slow"))
    with pytest.raises(MessageUnsendable):
        _answer_of(ValueError("odd address"))


def test_a_backend_that_cannot_connect_is_down() -> None:
    with pytest.raises(TransportDown, match="refused") as info:
        _answer_of(ConnectionRefusedError(111, "refused"), when="open")
    assert not info.value.is_our_fault
    with pytest.raises(TransportDown) as info:
        _answer_of(smtplib.SMTPAuthenticationError(535, b"5.7.8 wrong password"), when="open")
    assert info.value.is_our_fault


def test_a_backend_whose_sender_is_refused_is_down_for_us() -> None:
    with pytest.raises(TransportDown) as info:
        _answer_of(smtplib.SMTPSenderRefused(553, b"5.7.1 not you", SENDER))
    assert info.value.is_our_fault
