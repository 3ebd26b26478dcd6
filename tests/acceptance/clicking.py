"""What a person does in a browser, and how often they click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until
from selenium.webdriver.support.wait import WebDriverWait

NOT_YET = [ElementClickInterceptedException, StaleElementReferenceException]
STANDS_STILL = """
const [element, done] = arguments;
element.scrollIntoView({behavior: "instant", block: "center"});
const place = () => JSON.stringify(element.getBoundingClientRect());
const before = place();
setTimeout(() => done(place() === before), 200);
"""


class Clicks:
    """How many clicks the journey took, not counting typing."""

    count = 0


def text(browser: Any) -> str:
    return browser.find_element(By.TAG_NAME, "main").text


def click_to_another_page(browser: Any, xpath: str) -> None:
    """Click and wait for the next page, even if it looks the same as the current one."""
    left = browser.find_element(By.TAG_NAME, "html")
    click(browser, xpath)
    wait(browser).until(until.staleness_of(left))


def double_click(browser: Any, xpath: str) -> None:
    """Double-click, as people do out of habit from folders; it counts as one click."""
    _press(browser, xpath, lambda element: ActionChains(browser).click(element).pause(0.15).click().perform())


def click(browser: Any, xpath: str) -> None:
    _press(browser, xpath, lambda element: element.click())


def _press(browser: Any, xpath: str, press: Callable[[Any], object]) -> None:
    """Press an element once it is there and has stopped moving, even if a script keeps replacing it."""

    def clicked(_: Any) -> bool:
        element = until.element_to_be_clickable((By.XPATH, xpath))(browser)
        if not element or not browser.execute_async_script(STANDS_STILL, element):
            return False
        press(element)
        return True

    wait(browser).until(clicked, xpath)
    Clicks.count += 1


def wait(browser: Any, *, seconds: float = 300) -> WebDriverWait:
    """Wait for something to happen, however slow the machine is."""
    return WebDriverWait(browser, seconds, poll_frequency=0.2, ignored_exceptions=NOT_YET)
