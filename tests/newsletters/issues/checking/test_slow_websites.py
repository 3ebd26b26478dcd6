"""Webhook receivers, other people's sites and mail providers that answer byte by byte: an answer has one deadline."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from cms.webhooks.client import TooSlow, post
from newsletters.issues.checking.links.client import _request, ask
from newsletters.models import LinkCheck
from newsletters.sending.transport.anymail_transport import AnymailTransport
from tests.newsletters.conftest import states
from tests.newsletters.sending.scripted import Drip, HeldClock
from tests.newsletters.sending.transport.test_slow_servers import talking

WAYS = {
    "the first line": {"first": b"HTTP/1.1 200 O", "each": b"K"},
    "headers": {"first": b"HTTP/1.1 200 OK\r\nX: ", "each": b"x"},
    "header by header": {"first": b"HTTP/1.1 100 Continue\r\n\r\n", "each": b"HTTP/1.1 100 Continue\r\n\r\n"},
}
BODY = {"first": b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n{", "each": b" "}


@pytest.fixture
def drip(monkeypatch: Any, settings: Any, request: Any) -> Drip:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True, "CONNECT_SECONDS": 60, "ANSWER_SECONDS": 60}
    return Drip(tick=HeldClock(monkeypatch).tick, **request.param)


def answering(drip: Drip) -> Any:
    def act(peer: socket.socket) -> None:
        read_request(peer)
        drip.run(peer)

    return talking(act)


def read_request(peer: socket.socket) -> None:
    with peer.makefile("rb") as file:
        length = 0
        while line := file.readline().strip():
            name, _colon, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        file.read(length)


@pytest.mark.parametrize("drip", WAYS.values(), ids=WAYS, indirect=True)
def test_a_receiver_of_webhooks_that_drips_is_too_slow(drip: Drip) -> None:
    with answering(drip) as port, pytest.raises(TooSlow):
        post(f"http://127.0.0.1:{port}/", body=b"{}", headers={})
    assert drip.was_cut()


@pytest.mark.parametrize("drip", WAYS.values(), ids=WAYS, indirect=True)
def test_a_site_that_drips_is_slow(drip: Drip) -> None:
    with answering(drip) as port:
        assert _request("HEAD", f"http://127.0.0.1:{port}/").outcome == LinkCheck.Outcome.SLOW
    assert drip.was_cut()


def test_redirects_without_end_take_no_longer_than_one_answer(monkeypatch: Any, settings: Any) -> None:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True, "CONNECT_SECONDS": 60, "ANSWER_SECONDS": 60}
    clock, hops = HeldClock(monkeypatch), []

    def act(peer: socket.socket) -> None:
        while peer.recv(100_000):
            hops.append(clock.seconds)
            clock.seconds += 50
            peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    with talking(act) as port:
        assert _request("GET", f"http://127.0.0.1:{port}/").outcome != LinkCheck.Outcome.FINE
    assert len(hops) <= 3


@pytest.mark.parametrize("drip", [*WAYS.values(), BODY], ids=[*WAYS, "the body"], indirect=True)
def test_a_provider_that_drips_makes_one_piece_uncertain(drip: Drip, dispatch: Any, work: Any) -> None:
    with answering(drip) as port:
        options = {"server_token": "x", "api_url": f"http://127.0.0.1:{port}/"}
        transport = AnymailTransport(backend="anymail.backends.postmark.EmailBackend", options=options, most=2)
        work(dispatch, transport)
    assert drip.was_cut()
    assert states(dispatch) == {"ready": 1, "uncertain": 2}


def test_a_link_is_asked_for_as_ever(settings: Any) -> None:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True}

    def act(peer: socket.socket) -> None:
        peer.recv(100_000)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with talking(act) as port:
        assert ask(f"http://127.0.0.1:{port}/").outcome == LinkCheck.Outcome.FINE
