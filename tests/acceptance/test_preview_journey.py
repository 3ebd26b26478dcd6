"""An editor sees on the website what is not saved yet: the running demo, a browser, and a small website."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import urlopen

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until

from tests.acceptance.clicking import click, wait
from tests.acceptance.test_browser_staff import log_in, pages, preview_text

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

UNSAVED = "A word that nobody saved & <nobody> sees"


class Website(BaseHTTPRequestHandler):
    """What a website needs to show previews: one route, one request to the hub, its own templates."""

    api = ""
    hub = ""

    def do_GET(self) -> None:
        """Show the page behind `/preview?token=…`, or say why there is none."""
        parts = urlsplit(self.path)
        token = parse_qs(parts.query).get("token", [""])[0]
        if parts.path != "/preview":
            self.send_error(404)
            return
        try:
            with urlopen(f"{self.api}/preview/{quote(token, safe='')}") as response:
                self._show(200, self._page(json.load(response)))
        except HTTPError as error:
            self._show(error.code, f"<p>{escape(json.load(error)['detail'])}</p>")

    def _page(self, page: dict[str, Any]) -> str:
        texts = "".join(block["html"] for block in page["body"] if block["type"] == "text")
        return f"<header>The website</header><h1>{escape(page['title'])}</h1><p>{escape(page['summary'])}</p>{texts}"

    def _show(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", f"frame-ancestors {self.hub}")
        self.send_header("Cache-Control", "private, no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(f"<!doctype html><html lang=en><title>Preview</title>{body}</html>".encode())

    def log_message(self, *args: Any) -> None:
        """Log nothing: the address contains the token."""


@pytest.fixture
def website(running_demo: Any) -> Iterator[str]:
    """A website of another origin than the hub's; yields the address of its preview."""
    Website.hub, Website.api = running_demo.url, f"{running_demo.url}/api/v1"
    with ThreadingHTTPServer(("127.0.0.1", 0), Website) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/preview"
        server.shutdown()
        thread.join()


def test_an_editor_sees_an_unsaved_change_on_the_website(running_demo: Any, browser: Any, website: str) -> None:
    url = running_demo.url
    page = pages(url, "type=article&locale=en")[0]
    log_in(browser, running_demo, "administrator")
    set_preview_address(browser, url, website)

    browser.delete_all_cookies()
    log_in(browser, running_demo, "editor")
    open_with_preview(browser, url, page)
    wait(browser).until(lambda _: "The website" in framed_text(browser))
    assert page["title"] in framed_text(browser)

    type_and_see(browser, UNSAVED, shown_in=framed_text)
    assert page["title"] in framed_text(browser)
    assert [each["summary"] for each in pages(url, "type=article&locale=en") if each["id"] == page["id"]] == [
        page["summary"]
    ]

    show_in_a_tab(browser, website)
    assert UNSAVED in browser.find_element(By.TAG_NAME, "body").text
    browser.get(f"{website}?token={'x' * 43}")
    assert "no such preview" in browser.find_element(By.TAG_NAME, "body").text


def test_without_a_website_the_panel_shows_the_plain_page(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "administrator")
    set_preview_address(browser, running_demo.url, "")
    page = pages(running_demo.url, "type=article&locale=en")[0]
    open_with_preview(browser, running_demo.url, page)
    wait(browser).until(lambda _: page["title"] in preview_text(browser))
    type_and_see(browser, UNSAVED, shown_in=preview_text)


def set_preview_address(browser: Any, url: str, address: str) -> None:
    browser.get(f"{url}/admin/settings/hub_cms/sitesettings/")
    field = browser.find_element(By.ID, "id_preview_url")
    field.clear()
    field.send_keys(address)
    click(browser, "//button[@type='submit' and contains(., 'Save')]")
    wait(browser).until(until.presence_of_element_located((By.CSS_SELECTOR, ".messages .success")))


def open_with_preview(browser: Any, url: str, page: dict[str, Any]) -> None:
    browser.get(f"{url}/admin/pages/{page['id']}/edit/")
    if not browser.find_element(By.CSS_SELECTOR, "[data-side-panel=preview]").is_displayed():
        click(browser, "//button[@aria-label='Toggle preview']")


def type_and_see(browser: Any, text: str, *, shown_in: Callable[[Any], str]) -> None:
    field = browser.find_element(By.ID, "id_summary")
    field.clear()
    field.send_keys(text)
    wait(browser).until(lambda _: text in shown_in(browser))


def framed_text(browser: Any) -> str:
    """Return the website's current text: its frame is inside the panel's frame."""
    return preview_text(browser, "iframe")


def show_in_a_tab(browser: Any, website: str) -> None:
    admin = browser.current_window_handle
    click(browser, "//a[@aria-label='Preview in new tab']")
    wait(browser).until(until.number_of_windows_to_be(2))
    browser.switch_to.window(next(each for each in browser.window_handles if each != admin))
    wait(browser).until(until.url_contains(website))
