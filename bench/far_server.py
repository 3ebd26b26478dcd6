"""An SMTP server that is far away rather than busy: it answers each command some milliseconds later.

`python -m bench.far_server MILLISECONDS` prints the loopback port on which it listens, and discards every mail.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

_ANSWERS = {
    b"EHLO": b"250-far\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class FarServer(asyncio.Protocol):
    """One connection. Commands that arrive together are answered together (RFC 2920)."""

    def __init__(self, *, latency_seconds: float) -> None:
        self._latency_seconds = latency_seconds
        self._unread = bytearray()
        self._reads_content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        self._transport = transport
        transport.write(b"220 far ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if answers := b"".join(self._answers()):
            asyncio.get_running_loop().call_later(self._latency_seconds, self._transport.write, answers)

    def _answers(self) -> Iterator[bytes]:
        while True:
            end = b"\r\n.\r\n" if self._reads_content else b"\r\n"
            at = self._unread.find(end)
            if at < 0:
                if self._reads_content:
                    del self._unread[:-4]  # the rest may be the beginning of the end mark
                return
            command = b"" if self._reads_content else bytes(self._unread[:4]).upper()
            del self._unread[: at + len(end)]
            self._reads_content = command == b"DATA"
            yield _ANSWERS.get(command, b"250 2.0.0 fine\r\n")


async def main() -> None:
    latency_seconds = float(sys.argv[1]) / 1000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FarServer(latency_seconds=latency_seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
