"""The sender watches a dispatch in a browser: it is paused, resumed and cancelled, and uncertain mails are resolved."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils import timezone
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until

from newsletters.models import Delivery, Dispatch
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.transport.seam import ReplyLost
from newsletters.testing import FakeTransport
from tests.acceptance.clicking import click, text, wait
from tests.newsletters.building import Hub, build_hub
from tests.newsletters.conftest import states

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOST = ReplyLost("Connection unexpectedly closed")

TURN = threading.RLock()


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: Any) -> None:
    """SQLite in memory is one connection, so the server's threads and the test must not mix their transactions."""
    answer = WSGIHandler.__call__

    def answer_in_turn(*args: Any) -> Any:
        with TURN:
            return answer(*args)

    monkeypatch.setattr(WSGIHandler, "__call__", answer_in_turn)


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    hub = build_hub()
    hub.subscribe("ann", "bob", "cem", "dee", "eva", "finn")
    return hub


def work(dispatch: Dispatch, transport: FakeTransport, *, at: datetime) -> None:
    """Let a worker send one batch while the browser watches."""
    with TURN:
        dispatch.refresh_from_db()
        send_batch(dispatch, transport=transport, worker="w1", clock=lambda: at, jitter=lambda: 0)


def states_now(dispatch: Dispatch) -> dict[str, int]:
    with TURN:
        return states(dispatch)


def test_pause_resume_cancel_and_resolve(hub: Hub, live_server: Any, browser: Any) -> None:
    dispatch = hub.send()
    open_page(browser, live_server, hub, f"/admin/newsletters/dispatches/{dispatch.pk}/")
    watch_it_go(browser, dispatch)
    press_slowly(browser)
    pause_and_resume(browser, dispatch)
    lose_two_answers(dispatch)
    cancel(browser, dispatch)
    resolve(browser, dispatch)


def open_page(browser: Any, live_server: Any, hub: Hub, path: str) -> None:
    client = Client()
    client.force_login(hub.users["approver"])
    browser.get(f"{live_server.url}/admin/login/")
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    browser.get(f"{live_server.url}{path}")


def watch_it_go(browser: Any, dispatch: Dispatch) -> None:
    """The page updates by itself, and says what the dispatch waits for when the server goes down."""
    work(dispatch, FakeTransport(down_after=2), at=timezone.now())
    wait(browser).until(lambda _: browser.find_element(By.CSS_SELECTOR, "[data-settled]").text == "2")
    wait(browser).until(lambda _: "connection refused" in browser.find_element(By.CSS_SELECTOR, "[data-reason]").text)


def press_slowly(browser: Any) -> None:
    """A link still works if it is pressed while new figures arrive."""

    def figures_that_came() -> int:
        return browser.execute_script(
            "return performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch').length"
        )

    def pressed(_: Any) -> bool:
        link = browser.find_element(By.CSS_SELECTOR, "[data-counts] a")
        ActionChains(browser).click_and_hold(link).perform()
        return True

    wait(browser).until(pressed)
    before = figures_that_came()
    wait(browser).until(lambda _: figures_that_came() > before)
    ActionChains(browser).release().perform()
    wait(browser).until(until.url_contains("state="))
    browser.back()


def pause_and_resume(browser: Any, dispatch: Dispatch) -> None:
    click(browser, "//button[normalize-space()='Pause']")
    wait(browser).until(lambda _: "Paused by hand (approver)" in text(browser))
    work(dispatch, FakeTransport(), at=timezone.now() + timedelta(hours=1))
    assert states_now(dispatch) == {"accepted": 2, "ready": 4}
    click(browser, "//button[normalize-space()='Resume']")
    wait(browser).until(lambda _: browser.find_element(By.CSS_SELECTOR, "[data-label]").text == "Sending")


def lose_two_answers(dispatch: Dispatch) -> None:
    """The server hangs up after the end of a mail, for two readers; then both their mails are uncertain."""
    for minutes in (5, 10):
        with TURN:
            waiting = dispatch.deliveries.filter(status=Delivery.Status.READY)
            readers = list(waiting.values_list("subscription__subscriber__email", flat=True))
        transport = FakeTransport(replies={reader: [LOST] for reader in readers})
        work(dispatch, transport, at=timezone.now() + timedelta(minutes=minutes))
    assert states_now(dispatch) == {"accepted": 2, "uncertain": 2, "ready": 2}


def cancel(browser: Any, dispatch: Dispatch) -> None:
    """Cancelling says what it means before it is done."""
    click(browser, "//a[contains(., 'Cancel …')]")
    wait(browser).until(lambda _: "2 readers who have not got it yet" in text(browser))
    assert states_now(dispatch) == {"accepted": 2, "uncertain": 2, "ready": 2}
    click(browser, "//button[contains(., 'Yes, cancel the sending')]")
    wait(browser).until(lambda _: browser.find_element(By.CSS_SELECTOR, "[data-label]").text == "Cancelled")
    assert states_now(dispatch) == {"accepted": 2, "uncertain": 2, "cancelled": 2}


def resolve(browser: Any, dispatch: Dispatch) -> None:
    """One counts as sent, the other was not sent."""
    click(browser, "//a[contains(., 'Resolve uncertain mails …')]")
    click(browser, "(//button[normalize-space()='Count as sent'])[1]")
    wait(browser).until(lambda _: "One mail counts as sent." in browser.find_element(By.TAG_NAME, "body").text)
    click(browser, "//button[normalize-space()='Did not go out']")
    wait(browser).until(lambda _: browser.find_elements(By.CSS_SELECTOR, "[data-label]"))
    assert states_now(dispatch) == {"accepted": 3, "cancelled": 3}
    assert "Send to those who did not get it …" in text(browser)
