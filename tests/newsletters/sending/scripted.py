"""An SMTP server that follows a test's script, step by step, on a real socket."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from newsletters.sending.transport import pipelining
from newsletters.sending.transport.reconnecting import ReconnectingTransport
from newsletters.sending.transport.smtp import SmtpTransport

Step = Callable[[str, str, int], Any]  # verb, line, number of the connection -> a reply, DROP, SILENCE, Drip or None
DROP, SILENCE = object(), object()
TICK_MILLISECONDS = 2
PATIENCE_SECONDS = 60  # longer than any machine takes to answer
TICK_SECONDS = 0.02
USUAL = {
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


class _Gone(Exception):
    """The conversation has ended."""


@dataclass(kw_only=True)
class Drip:
    """An answer that never ends: `first` and then `each` again and again, until the client hangs up.

    `tick` is called after each repetition, and the next one waits a moment; a flood does neither. It gives up after
    `most` repetitions.
    """

    first: bytes
    each: bytes
    tick: Callable[[], None] = lambda: None
    is_flood: bool = False
    most: int = 20_000
    _is_over: threading.Event = field(default_factory=threading.Event)
    _is_cut: bool = False

    def run(self, peer: socket.socket) -> None:
        try:
            peer.sendall(self.first)
            for _ in range(self.most):
                peer.sendall(self.each)
                if not self.is_flood:
                    self.tick()
                    if select.select([peer], [], [], TICK_MILLISECONDS / 1000)[0]:
                        self._is_cut = True
                        break
        except OSError:
            self._is_cut = True
        finally:
            self._is_over.set()

    def was_cut(self) -> bool:
        """Say whether the client hung up before the drip gave up."""
        return self._is_over.wait(PATIENCE_SECONDS) and self._is_cut


class HeldClock:
    """A clock for deadlines that only a test advances, so that a busy machine does not miss any."""

    def __init__(self, monkeypatch: Any) -> None:
        self.seconds = 0.0
        monkeypatch.setattr("cms.network.sockets.monotonic", lambda: self.seconds)
        monkeypatch.setattr("cms.network.http.monotonic", lambda: self.seconds)

    def tick(self) -> None:
        """Advance the clock by a second."""
        self.seconds += 1


@dataclass
class ScriptedServer:
    """`step` is called before each command, and at HELLO (the greeting), CONTENT (its first line) and DOT.

    With `is_forgetful` it throws away what arrived together with a command. With `waits_for_next` it answers a content
    only when the next envelope has arrived. With `is_silent` it sends no more answers over the last connection.
    """

    step: Step = lambda verb, line, number: None
    extensions: tuple[str, ...] = ("PIPELINING", "ENHANCEDSTATUSCODES")
    is_forgetful: bool = False
    waits_for_next: bool = False
    is_silent: bool = False
    commands: list[list[str]] = field(default_factory=list)  # of each connection
    came_early: list[list[str]] = field(default_factory=list)  # commands that did not wait for the answer before them
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    peers: list[socket.socket] = field(default_factory=list)

    @contextmanager
    def listening(self, **options: Any) -> Iterator[SmtpTransport]:
        """Listen while the block runs, and yield the transport that leads here."""
        pipelining.forget_all()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield SmtpTransport(
                **{"host": "127.0.0.1", "port": listener.getsockname()[1], "timeout": PATIENCE_SECONDS, **options}
            )
            listener.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def listening_to_the_impatient(self, monkeypatch: Any) -> Iterator[SmtpTransport]:
        """Listen as above; the client waits long for an answer that will come, but hardly at all in silence."""
        read = socket.socket.recv_into

        def read_or_tire(client: socket.socket, *args: Any) -> int:
            ends = time.monotonic() + PATIENCE_SECONDS
            while True:
                is_over = self.is_silent or time.monotonic() > ends
                try:
                    return read(client, *args)
                except TimeoutError:
                    if is_over:
                        raise

        monkeypatch.setattr(socket.socket, "recv_into", read_or_tire)
        monkeypatch.setattr("cms.network.sockets.monotonic", lambda: 0.0)  # deadlines are met, however busy it is
        monkeypatch.setattr("newsletters.sending.transport.conversation.REPLY_SECONDS", TICK_SECONDS)
        with self.listening(timeout=TICK_SECONDS) as transport:
            yield transport

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            with peer, suppress(_Gone, OSError):
                _Peer(self, peer).serve()


class _Peer:
    """One connection of a scripted server."""

    def __init__(self, server: ScriptedServer, peer: socket.socket) -> None:
        self.server, self.peer, self.buffer = server, peer, b""
        self.held = b""  # the content that waits for its answer
        self.number = len(server.commands)
        server.is_silent = False
        server.commands.append([])
        server.peers.append(peer)
        server.came_early.append([])

    def serve(self) -> None:
        self.answer("HELLO", "", "220 hello")
        recipient = ""
        while True:
            line = self.line()
            verb = line[:4].upper()
            self.server.commands[self.number].append(line)
            recipient = line[9:-1] if verb == "RCPT" else recipient
            usual = USUAL.get(verb) or "\r\n".join(
                ["250-hello", *(f"250-{name}" for name in self.server.extensions), "250 HELP"]
            )
            reply = self.answer(verb, line, usual)
            if reply.startswith("354"):
                self.held = self.content()
                self.answer("DOT", recipient, USUAL["DOT"])
            if verb == "QUIT":
                raise _Gone

    def answer(self, verb: str, line: str, usual: str) -> str:
        if self.buffer and verb not in {"DOT", "CONTENT"}:
            self.server.came_early[self.number].append(verb)
        told = self.server.step(verb, line, self.number)
        if self.server.is_forgetful and self.buffer:
            self.buffer, self.server.is_silent = b"", True
        if told is DROP:
            raise _Gone
        if isinstance(told, Drip):
            told.run(self.peer)
            raise _Gone
        if told is SILENCE:
            self.server.is_silent = True
            while True:
                self.receive()  # until the client hangs up
        reply = str(told or usual)
        if verb == "DOT" and self.server.waits_for_next:
            while b"DATA\r\n" not in self.buffer:
                self.receive()
        if verb == "DOT" and reply.startswith("250") and line:
            self.server.taken.append((line, self.held))  # before the client can know
        self.say(reply)
        return reply

    def content(self) -> bytes:
        lines: list[str] = []
        while (line := self.line(is_content=True)) != ".":
            if not lines and self.server.step("CONTENT", line, self.number) is DROP:
                raise _Gone
            lines.append(line)
        return "\r\n".join(lines).encode("utf-8", "surrogateescape")

    def line(self, *, is_content: bool = False) -> str:
        while b"\r\n" not in self.buffer:
            self.receive()
        line, _end, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("utf-8", "surrogateescape")

    def receive(self) -> None:
        data = self.peer.recv(100_000)
        if not data:
            raise _Gone
        self.buffer += data

    def say(self, reply: str) -> None:
        self.peer.sendall(f"{reply}\r\n".encode())


def client_of(connection: Any) -> Any:
    """Return the SMTP client below a conversation, or below the one that a reconnecting transport has now.

    Tests look at its socket, or put one in its place that breaks.
    """
    if isinstance(connection, ReconnectingTransport):
        connection = connection._connection  # noqa: SLF001 - nobody but a test asks for it
    return connection._client  # noqa: SLF001 - as above
