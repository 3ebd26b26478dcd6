"""A mail provider with Resend's API, which writes down what it accepts before it answers: provider.py PORT FILE.

It carries out one request for each idempotency key, even after it was killed and started again. Each line of FILE is
a request: the key, then the Message-ID of each mail.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

LONGEST_WAIT_SECONDS = 0.02
ANSWER_POINT = "noted-not-answered"  # where the provider itself can be made to die


class Handler(BaseHTTPRequestHandler):
    """One connection, which stays open for many requests."""

    protocol_version = "HTTP/1.1"
    server: Provider

    def do_POST(self) -> None:
        """Carry out a request, unless its sender died during it."""
        expected = int(self.headers["Content-Length"])
        data = self.rfile.read(expected)
        if len(data) < expected:
            self.close_connection = True
            return
        asked = json.loads(data)
        self.server.take(asked if isinstance(asked, list) else [asked], key=self.headers["Idempotency-Key"])
        time.sleep(random.uniform(0, LONGEST_WAIT_SECONDS))
        answer = {"data": [{"id": "1"} for _mail in asked]} if isinstance(asked, list) else {"id": "1"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Provider(ThreadingHTTPServer):
    """The provider, which knows its keys from its file."""

    daemon_threads = True

    def __init__(self, port: int, path: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.lock, self.armed = Lock(), path.with_name(f"armed-{ANSWER_POINT}")
        self.notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.keys = {line.split()[0] for line in path.read_text().splitlines()}

    def take(self, mails: list[Any], *, key: str) -> None:
        """Write down these mails, once for each key."""
        with self.lock:
            if key not in self.keys:
                self.keys.add(key)
                ids = [mail["headers"]["Message-ID"] for mail in mails]
                os.write(self.notes, " ".join([key, *ids]).encode() + b"\n")
        if self.armed.exists():
            self.armed.unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    def handle_error(self, *args: Any) -> None:
        """Ignore clients that died before the answer."""


if __name__ == "__main__":
    Provider(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
