"""What an editor writes is saved, also where Wagtail takes no notice by itself: early, and while a save returns."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.by import By

from tests.acceptance.clicking import wait
from tests.acceptance.test_browser_staff import log_in, pages

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

EARLY = "Written before Wagtail looked"
LATE = "Written when the save came back"
COUNT_SAVES = 'document.addEventListener("w-autosave:success", () => { document.body.dataset.saved = "" })'
WRITE_WHEN_A_SAVE_RETURNS = """
const [field, words] = arguments;
document.addEventListener("w-autosave:success", () => { field.value = words }, { capture: true, once: true });
"""


def test_what_is_written_early_and_while_a_save_returns_is_saved(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "editor")
    page = pages(running_demo.url, "type=article&locale=en")[0]
    edit = f"{running_demo.url}/admin/pages/{page['id']}/edit/"

    browser.get(edit)
    browser.execute_script(COUNT_SAVES)
    summary = browser.find_element(By.ID, "id_summary")
    summary.clear()
    summary.send_keys(EARLY)
    browser.find_element(By.CSS_SELECTOR, "body[data-saved]")
    browser.get(edit)
    summary = browser.find_element(By.ID, "id_summary")
    assert summary.get_attribute("value") == EARLY

    browser.execute_script(WRITE_WHEN_A_SAVE_RETURNS, summary, LATE)
    summary.send_keys("!")
    wait(browser).until(lambda _: summary.get_attribute("value") == LATE)
    browser.execute_script(COUNT_SAVES)
    browser.find_element(By.CSS_SELECTOR, "body[data-saved]")
    browser.get(edit)
    assert browser.find_element(By.ID, "id_summary").get_attribute("value") == LATE
