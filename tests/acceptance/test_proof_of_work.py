"""A visitor's browser does the proof of work while the form is filled in; one without script signs up all the same."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from newsletters.models import SignUpAttempt
from newsletters.testing import FakeTransport
from tests.acceptance.test_sending_journey import TURN, one_at_a_time  # noqa: F401  # the database is one connection
from tests.newsletters.building import build_hub

pytestmark = pytest.mark.browser


def test_the_form_is_sent_with_a_solution(
    transactional_db: None, live_server: Any, browser: Any, settings: Any
) -> None:
    changes = {
        "TRANSPORT": FakeTransport().as_setting(),
        "PROOF_OF_WORK": True,
        "PROOF_OF_WORK_COST": 100,
        "SIGN_UP_LEAST_SECONDS": None,
    }
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | changes
    build_hub()
    browser.get(f"{live_server.url}/n/s/letter/en")
    status = browser.find_element(By.CSS_SELECTOR, "form [role=status]")
    browser.find_element(By.NAME, "email").send_keys("eve@example.org")
    browser.find_element(By.NAME, "themes").click()
    assert status.text == ""  # nobody is told about it before they have to wait
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    WebDriverWait(browser, 60).until(lambda _: "Check your inbox" in browser.title)
    with TURN:
        assert SignUpAttempt.objects.get().is_proven
