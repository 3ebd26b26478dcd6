"""An SMTP server that accepts everything and writes down each Message-ID before it answers: sink.py PORT FILE.

It announces PIPELINING and answers after a random moment, so that kills find mails in flight.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys

END = b"\r\n.\r\n"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
HELLO = b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
ANSWERS = {
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"RCPT": b"250 2.1.5 ok\r\n",
    b"RSET": b"250 2.0.0 ok\r\n",
    b"NOOP": b"250 2.0.0 ok\r\n",
    b"HELO": b"250 sink.test\r\n",
    b"EHLO": HELLO,
}
LONGEST_WAIT_SECONDS = 0.004


class Session(asyncio.Protocol):
    """One conversation."""

    def __init__(self, notes: int) -> None:
        self.notes = notes
        self.buffer = bytearray()
        self.searched = 0
        self.is_data = self.is_thinking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.go_on()

    def go_on(self) -> None:
        while not self.is_thinking and (self._message() if self.is_data else self._command()):
            pass

    def _command(self) -> bool:
        line, found, _rest = self.buffer.partition(b"\r\n")
        if not found:
            return False
        del self.buffer[: len(line) + 2]
        verb = bytes(line[:4]).upper()
        if verb == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
            return False
        self.is_data, self.searched = verb == b"DATA", 0
        self.transport.write(b"354 go on\r\n" if self.is_data else ANSWERS.get(verb, b"500 5.5.2 what?\r\n"))
        return True

    def _message(self) -> bool:
        at = self.buffer.find(END, max(0, self.searched - len(END)))
        if at < 0:
            self.searched = len(self.buffer)
            return False
        found = MESSAGE_ID.search(self.buffer, 0, at)
        os.write(self.notes, (found[1] if found else b"?") + b"\n")
        del self.buffer[: at + len(END)]
        self.is_data, self.is_thinking = False, True
        asyncio.get_running_loop().call_later(random.uniform(0, LONGEST_WAIT_SECONDS), self._answer)
        return False

    def _answer(self) -> None:
        self.is_thinking = False
        if not self.transport.is_closing():
            self.transport.write(b"250 2.0.0 taken\r\n")
            self.go_on()


async def serve(port: int, path: str) -> None:
    notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    server = await asyncio.get_running_loop().create_server(lambda: Session(notes), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
