"""A mail provider's API on a loopback port; the test decides what it answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from newsletters.sending.transport.anymail_transport import AnymailTransport

DROP = object()  # hang up, without an answer, after the request was carried out
Answer = tuple[int, Any, dict[str, str]]


def busy(retry_after: str) -> Answer:
    """Ask to wait for so many seconds, or until this moment."""
    return (429, {"message": "slow down"}, {"Retry-After": retry_after})


@dataclass
class Request:
    """One request as it came; `mails` are what it asks to send."""

    path: str
    headers: dict[str, str]
    mails: list[dict[str, Any]]


@dataclass
class ResendDouble:
    """Resend's API: it takes single mails and lists, and carries out one request for each key.

    `answer` is called for each request: it returns a status, a body and perhaps headers, DROP, or None for the default.
    """

    answer: Callable[[Request], Any] = lambda request: None
    requests: list[Request] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    done: dict[str, Any] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)  # how long its client waited each time, in seconds

    def handle(self, request: Request) -> Any:
        """Return the answer, None to hang up."""
        self.requests.append(request)
        told = self.answer(request)
        if isinstance(told, tuple):
            return told
        key = request.headers["Idempotency-Key"]
        if key not in self.done:
            self.done[key] = [{"id": f"id-{len(self.sent) + place}"} for place in range(len(request.mails))]
            self.sent += request.mails
        ids = self.done[key]
        usual = (200, {"data": ids} if request.path.endswith("/batch") else ids[0])
        return None if told is DROP else usual

    @contextmanager
    def listening(self, *, most: int = 20) -> Iterator[AnymailTransport]:
        """Listen while the block runs, and yield the transport that leads here."""
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                mails = data if isinstance(data, list) else [data]
                answer = double.handle(Request(path=self.path, headers=dict(self.headers), mails=mails))
                if answer is None:
                    return
                status, content, *headers = answer
                body = json.dumps(content).encode()
                self.send_response(status)
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        options = {"api_key": "x", "api_url": f"http://127.0.0.1:{server.server_port}/"}
        try:
            yield AnymailTransport(
                backend="anymail.backends.resend.EmailBackend", options=options, most=most, sleep=self.slept.append
            )
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
