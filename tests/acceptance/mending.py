"""What an editor does about a finding: follows its link, sees that it stops the issue, and mends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until

from tests.acceptance.clicking import click, text, wait

FIRST_BLOCK = "#panel-child-content-body-section [data-streamfield-child] section"
FILLER = "Lorem ipsum"
WRITTEN = "Who decides, and who may know?"
VAGUE = "“Read more” does not say where it leads"


def mend_what_the_checks_find(browser: Any) -> None:
    """In the issue's editor, make a fault that stops the issue and one that does not; mend the first, keep it open."""
    toggle_first_block(browser)
    write(browser, "teaser", FILLER)
    write(browser, "link_text", "Read more")
    toggle_first_block(browser)
    click(browser, "//button[@aria-label='Toggle checks']")
    wait_for_findings(browser, lambda: FILLER in findings(browser, "error") and VAGUE in findings(browser, "warning"))
    follow_the_error(browser)

    review(browser)
    assert "Fix that first" in text(browser)
    assert "Submit for approval" not in text(browser)
    follow_the_error(browser)

    write(browser, "teaser", WRITTEN)
    wait_for_findings(
        browser, lambda: VAGUE in findings(browser, "warning") and FILLER not in findings(browser, "error")
    )
    write(browser, "link_text", "Read who decides")
    wait_for_findings(browser, lambda: VAGUE not in findings(browser, "warning"))
    review(browser)
    assert "Submit for approval" in text(browser)
    browser.back()
    wait(browser).until(until.url_contains("/edit/"))


def review(browser: Any) -> None:
    click(browser, "//a[contains(., 'Review and send') and contains(@class, 'button--icon')]")
    wait(browser).until(until.title_contains("Review"))


def toggle_first_block(browser: Any) -> None:
    click(browser, f"//*[@id='{first_block(browser).get_attribute('id')}']//button[@data-panel-toggle]")


def first_block(browser: Any) -> Any:
    return browser.find_element(By.CSS_SELECTOR, FIRST_BLOCK)


def write(browser: Any, name: str, words: str) -> None:
    """Write into the English words of the first story."""
    field = first_block(browser).find_element(By.CSS_SELECTOR, f"[data-contentpath='{name}'] :is(input, textarea)")
    field.clear()
    field.send_keys(words)


def findings(browser: Any, level: str) -> str:
    """Return the panel's current findings of this level, read in one go, as the panel may be replaced at any moment."""
    words: str = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter((found) => found.checkVisibility())"
        ".map((found) => found.innerText).join('\\n')",
        f".hub-finding--{level}",
    )
    return words


def wait_for_findings(browser: Any, fit: Callable[[], bool]) -> None:
    """Wait until the findings match; if they never do, say whether the words were saved and what the panel shows."""
    try:
        wait(browser).until(lambda _: fit())
    except TimeoutException:
        fields = first_block(browser).find_elements(By.CSS_SELECTOR, "input, textarea")
        indicator = browser.find_element(By.ID, "w-autosave-indicator").get_attribute("outerHTML")
        panel = browser.find_element(By.CSS_SELECTOR, "[data-side-panel=issue-checks]").get_attribute("outerHTML")
        pytest.fail(f"{[field.get_attribute('value') for field in fields]}\n{indicator}\n{panel}")


def follow_the_error(browser: Any) -> None:
    """Follow the link of the first error: it opens the story and puts the focus there."""
    title = browser.find_element(By.CSS_SELECTOR, ".hub-finding--error a").get_attribute("textContent").strip()
    click(browser, "//*[contains(@class, 'hub-finding--error')]//a")
    wait(browser).until(until.url_contains("/edit/"))
    wait(browser).until(
        lambda _: browser.execute_script(
            "return arguments[0].contains(document.activeElement)"
            " && arguments[0].querySelector('[data-panel-toggle]').ariaExpanded === 'true'",
            first_block(browser),
        )
    )
    assert title in first_block(browser).text
