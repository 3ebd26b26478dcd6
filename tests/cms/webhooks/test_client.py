"""Requests are sent to public addresses only, follow no redirect, and do not wait long."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cms.webhooks.client import EXCERPT_BYTES, AddressNotAllowed, NoAnswer, TooSlow, post

PRIVATE = (
    *("127.0.0.1", "127.8.8.8", "127.1", "2130706433", "0x7f.1", "localhost", "0.0.0.0"),  # noqa: S104
    *("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1", "240.0.0.1"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
    *("[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]"),
)
LONG_SECONDS = 60  # longer than any machine takes


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses that anything tries to connect to; nothing gets through."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def resolver(*answers: str) -> Callable[..., Any]:
    """A name server that returns these addresses, one after the other."""
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        address = host if host.replace(".", "").isdigit() else left.pop(0)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return getaddrinfo


def send(url: str) -> Any:
    return post(url, body=b"{}", headers={"webhook-id": "1"})


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_before_any_connection(scheme: str, host: str, connections: list[Any]) -> None:
    with pytest.raises(AddressNotAllowed):
        send(f"{scheme}://{host}:8000/hook")
    assert connections == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "::7f00:1", "fe80::1"])
def test_a_name_that_leads_to_a_private_address_is_refused(
    address: str, connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver(address))
    with pytest.raises(AddressNotAllowed):
        send("https://harmless.example/hook")
    assert connections == []


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves first to a public address and then to a private one (rebinding) gains nothing."""
    monkeypatch.setattr(socket, "getaddrinfo", resolver("93.184.215.14", "127.0.0.1"))
    with pytest.raises(NoAnswer):
        send("http://rebinding.example/hook")
    assert connections == [("93.184.215.14", 80)]


def test_no_proxy_of_the_environment_resolves_names_for_us(
    connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    monkeypatch.setattr(socket, "getaddrinfo", resolver("93.184.215.14"))
    with pytest.raises(NoAnswer):
        send("http://web.example/hook")
    assert connections == [("93.184.215.14", 80)]


@pytest.mark.parametrize(
    "url", ["https://" + "a" * 70 + ".example/", "https://a..example/", "https://[::1/", "http://"]
)
def test_an_address_that_nobody_can_read_is_no_answer(url: str) -> None:
    with pytest.raises(NoAnswer):
        send(url)


@pytest.fixture
def private_allowed(settings: Any) -> None:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True, "CONNECT_SECONDS": LONG_SECONDS, "ANSWER_SECONDS": LONG_SECONDS}


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[Any]]]:
    """A real server on loopback; `answer` writes the reply, the list holds path, headers and body of each request."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            answer(self)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", got
        finally:
            server.shutdown()
            thread.join()


def wait_for(release: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(_handler: BaseHTTPRequestHandler) -> None:
        release.wait(LONG_SECONDS)

    return answer


def reply(
    status: int, body: bytes = b"", *, retry_after: str = "", **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if retry_after:
            handler.send_header("Retry-After", retry_after)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.usefixtures("private_allowed")
def test_with_the_setting_loopback_is_reached() -> None:
    with serving(reply(202, b"thank you")) as (url, got):
        answer = send(url)
    assert (answer.status, answer.excerpt) == (202, "thank you")
    ((path, headers, body),) = got
    assert (path, body) == ("/hook", b"{}")
    assert headers["User-Agent"] == "InnovationHub-Webhooks/1"
    assert headers["webhook-id"] == "1"


@pytest.mark.usefixtures("private_allowed")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with serving(reply(status, Location="/elsewhere")) as (url, got):
        assert send(url).status == status
    assert [path for path, _, _ in got] == ["/hook"]


@pytest.mark.usefixtures("private_allowed")
def test_the_time_that_a_receiver_asks_for_is_kept() -> None:
    with serving(reply(503, retry_after="120")) as (url, _):
        assert send(url).retry_after == "120"
    with serving(reply(503)) as (url, _):
        assert send(url).retry_after == ""


@pytest.mark.usefixtures("private_allowed")
def test_no_more_than_an_excerpt_of_the_answer_is_read() -> None:
    with serving(reply(200, b"x" * 5_000_000)) as (url, _):
        assert len(send(url).excerpt) <= EXCERPT_BYTES


@pytest.mark.usefixtures("private_allowed")
def test_an_answer_that_is_no_text_is_kept_readable() -> None:
    with serving(reply(500, b"\xff\x00\xfeok")) as (url, _):
        assert send(url).excerpt == "\ufffd\ufffdok"


@pytest.mark.usefixtures("private_allowed")
def test_a_receiver_that_is_silent_is_left(settings: Any) -> None:
    settings.HUB_WEBHOOKS["ANSWER_SECONDS"] = 0.1
    release = threading.Event()
    with serving(wait_for(release)) as (url, _):
        with pytest.raises(TooSlow):
            send(url)
        release.set()


@pytest.mark.usefixtures("private_allowed")
def test_a_body_that_drips_does_not_hold_the_worker() -> None:
    release = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"a")
        release.wait(LONG_SECONDS)
        handler.wfile.write(b"b" * 999)

    with serving(drip) as (url, _):
        try:
            answer = send(url)
        finally:
            release.set()
    assert (answer.status, answer.excerpt) == (200, "a")  # and not the whole body


@pytest.mark.usefixtures("private_allowed")
def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(NoAnswer):
        send(f"http://127.0.0.1:{port}/hook")


@pytest.mark.usefixtures("private_allowed")
def test_the_excerpt_can_be_read_though_the_receiver_would_rather_compress_it() -> None:
    def compressing(handler: BaseHTTPRequestHandler) -> None:
        body, headers = b"Thank you", {}
        if "gzip" in handler.headers.get("Accept-Encoding", ""):
            body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
        reply(200, body, **headers)(handler)

    with serving(compressing) as (url, _):
        assert send(url).excerpt == "Thank you"
