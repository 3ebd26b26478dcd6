"""What a person does in a browser, and how often they click."""

from __future__ import annotations

import time
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until
from selenium.webdriver.support.wait import WebDriverWait


class Clicks:
    """How many clicks the journey took, typing aside."""

    count = 0


def text(browser: Any) -> str:
    return browser.find_element(By.TAG_NAME, "main").text


def click(browser: Any, xpath: str) -> None:
    element = wait(browser).until(until.element_to_be_clickable((By.XPATH, xpath)))
    browser.execute_script("arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})", element)
    time.sleep(0.3)
    element.click()
    Clicks.count += 1


def wait(browser: Any, *, seconds: float = 20) -> WebDriverWait:
    return WebDriverWait(browser, seconds, ignored_exceptions=[StaleElementReferenceException])
