"""What visitors see on a phone, in both languages and schemes: nothing overflows, and axe-core finds no problem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from selenium.webdriver.common.by import By

from tests.acceptance.axe import judge_by_axe
from tests.acceptance.packages import install

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.xdist_group("demo")]

JUDGES = Path(__file__).resolve().parents[1] / "judges"
PHONE = {"width": 375, "height": 800, "deviceScaleFactor": 1, "mobile": False}
TOO_WIDE = "return document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def axe() -> str:
    return (install(JUDGES) / "axe-core/axe.min.js").read_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_visitor_on_a_phone_can_use_every_public_page(running_demo: Any, browser: Any, axe: str, dark: bool) -> None:
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    seen = []
    for address in addresses(running_demo.url):
        browser.get(address)
        seen.append((address, judge_by_axe(browser, axe), browser.execute_script(TOO_WIDE)))
        if "/n/s/" in address or "/n/l/" in address:
            browser.find_element(By.CSS_SELECTOR, "button").click()
            browser.find_element(By.CSS_SELECTOR, "[role=alert]")
            seen.append((f"{address}, sent in empty", judge_by_axe(browser, axe), browser.execute_script(TOO_WIDE)))
    assert [each for each in seen if each[1] or each[2]] == []


def addresses(url: str) -> list[str]:
    """Return the address of each kind of public page of the newsletter's, in each language."""
    with urlopen(f"{url}/api/v1/newsletters/newsletter/issues") as answer:
        (issue, *_more) = json.load(answer)["items"]
    with urlopen(f"{url}/api/v1/pages?type=newsletter") as answer:
        pages = [each["path"] for each in json.load(answer)["items"]]
    paths = ("/n/s/newsletter/{}", "/n/l/newsletter/{}", "/n/t/{}", "/{}/nowhere/")
    each = [path.format(code) for code in ("en", "nl") for path in paths]
    online = [f"/n/i/{issue['id']}/{code}" for code in issue["languages"]]
    return [url + path for path in (*each, *online, *pages, issue["path"], "/n/p/broken")]
