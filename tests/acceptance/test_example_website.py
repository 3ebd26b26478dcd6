"""The example of docs/website.md shows the demo's site: pages, redirects, the newsletter, messages of the hub."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from standardwebhooks import Webhook

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("demo")]

SERVER = Path(__file__).resolve().parents[2] / "examples" / "website" / "server.mjs"
SECRET = "whsec_" + base64.b64encode(b"only for tests, 32 bytes at most").decode()


class Stay(HTTPRedirectHandler):
    """Return redirects instead of following them."""

    def redirect_request(self, *args: Any) -> None:
        return None


class Website:
    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(
        self,
        path: str,
        *,
        form: Mapping[str, Any] | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        data = urlencode(form, doseq=True).encode() if form else raw
        request = Request(self.url + path, data=data, headers=dict(headers or {}))
        try:
            answer = build_opener(Stay).open(request)
        except HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read().decode()


@pytest.fixture(scope="module")
def website(running_demo: Any) -> Iterator[Website]:
    node = shutil.which("node") or pytest.skip("needs Node.js 20 or newer")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"HUB_URL": running_demo.url, "HUB_WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    with subprocess.Popen([node, str(SERVER)], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert b"http://" in process.stdout.readline()
        yield Website(f"http://127.0.0.1:{port}")
        process.terminate()


def test_a_visitor_is_led_to_the_front_page_and_on(website: Website) -> None:
    status, headers, _body = website("/")
    assert (status, headers["Location"]) == (307, "/en/")
    status, _headers, body = website("/en/")
    assert status == 200
    assert 'lang="en"' in body
    assert 'href="/nl/"' in body
    assert "undefined" not in body
    assert website("/en/nothing-here/")[0] == 404


def test_the_sitemap_has_every_page(website: Website) -> None:
    assert website("/sitemap.xml")[2].count("<loc>") > 80


def test_the_newsletter_has_an_archive_and_takes_subscribers(website: Website, running_demo: Any) -> None:
    path = "/en/newsletter/"
    status, _headers, body = website(path)
    assert status == 200
    assert "I want to receive the newsletter" in body
    slug = body.partition('href="?issue=')[2].partition('"')[0]
    status, _headers, issue = website(f"{path}?issue={slug}")
    assert (status, "srcdoc=" in issue, "%%" in issue) == (200, True, False)
    asked = {"email": "visitor@readers.example", "themes": ["data"]}
    assert website(path, form=asked)[0] == 202
    status, _headers, body = website(path, form=asked | {"themes": ["nonsense"]})
    assert (status, "There is no theme nonsense." in body) == (422, True)


def test_a_preview_that_is_none_says_so_and_is_kept_nowhere(website: Website) -> None:
    status, headers, body = website("/preview?token=wrong")
    assert (status, headers["Cache-Control"], bool(body)) == (404, "private, no-store", True)


def test_messages_are_heard_only_from_the_hub(website: Website) -> None:
    raw = json.dumps({"id": "1", "type": "ping"})
    sign = Webhook(SECRET).sign
    moments = {datetime.now(UTC): 204, datetime.fromtimestamp(time.time() - 900, UTC): 401}
    for moment, expected in moments.items():
        headers = {
            "webhook-id": "1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": sign("1", moment, raw),
        }
        assert website("/hooks/hub", raw=raw.encode(), headers=headers)[0] == expected
        assert website("/hooks/hub", raw=b"{}", headers=headers)[0] == 401
