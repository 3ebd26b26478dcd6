"""Two visitors of the pages for readers: a phone's browser, and a program that knows neither scripts nor cookies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

from bs4 import BeautifulSoup, Tag
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.acceptance.clicking import wait

NOTHING: Mapping[str, str] = MappingProxyType({})
PHONE = {"width": 375, "height": 800, "deviceScaleFactor": 1, "mobile": False}
SHOWN = "return document.title + '\\n' + document.body.innerText;"
HAS_ARRIVED = "return !window.isLeft && document.readyState === 'complete';"
TOO_WIDE = "return document.documentElement.scrollWidth > innerWidth"


class Visitor(Protocol):
    """Somebody who reads a page, follows its links, fills in its forms and presses their buttons."""

    def open(self, address: str) -> None: ...

    def words(self) -> str:
        """Return the title and the text of the page, each run of white space as one space."""

    def language(self) -> str:
        """Return the language that the page says it is in."""

    def follow(self, link: str) -> None: ...

    def press(self, button: str, *, filled: Mapping[str, str] = NOTHING, ticked: Collection[str] = ()) -> None:
        """Fill in the fields of these names, change the boxes with these labels, and press the form's button."""


class Phone:
    """Chromium on a phone's width; no page may be wider than that."""

    def __init__(self, browser: Any, *, language: str) -> None:
        self.browser = browser
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": language}})

    def open(self, address: str) -> None:
        self.browser.get(address)

    def words(self) -> str:
        assert not self.browser.execute_script(TOO_WIDE), f"{self.browser.current_url} is wider than a phone"
        return " ".join(self.browser.execute_script(SHOWN).split())

    def language(self) -> str:
        return str(self.browser.find_element(By.TAG_NAME, "html").get_attribute("lang"))

    def follow(self, link: str) -> None:
        self._leave_by(f"//a[normalize-space()={quoted(link)}]")

    def press(self, button: str, *, filled: Mapping[str, str] = NOTHING, ticked: Collection[str] = ()) -> None:
        form = f"//form[.//button[normalize-space()={quoted(button)}]]"
        for name, value in filled.items():
            self._fill(self.browser.find_element(By.XPATH, f"{form}//*[@name='{name}']"), value)
        for label in ticked:
            self.browser.find_element(By.XPATH, f"{form}//label[normalize-space()={quoted(label)}]").click()
        self._leave_by(f"{form}//button[normalize-space()={quoted(button)}]")

    def _leave_by(self, xpath: str) -> None:
        """Click and wait for the next page; no script moves anything on these pages, so a plain click will do."""
        self.browser.execute_script("window.isLeft = true;")
        self.browser.find_element(By.XPATH, xpath).click()
        wait(self.browser).until(lambda _: self.browser.execute_script(HAS_ARRIVED))

    def _fill(self, field: WebElement, value: str) -> None:
        if field.get_attribute("type") == "date":  # which keys it takes depends on the browser's language
            self.browser.execute_script("arguments[0].value = arguments[1]", field, value)
            return
        field.clear()
        field.send_keys(value)


class PlainClient:
    """HTTP and HTML, and nothing else."""

    def __init__(self, *, language: str) -> None:
        self.wanted = language

    def open(self, address: str) -> None:
        self._read(address)

    def words(self) -> str:
        title = self.page.title
        return " ".join(f"{title.get_text() if title else ''}\n{_found(self.page, 'body').get_text(' ')}".split())

    def language(self) -> str:
        return str(_found(self.page, "html")["lang"])

    def follow(self, link: str) -> None:
        self._read(urljoin(self.address, str(self._with_text("a", link)["href"])))

    def press(self, button: str, *, filled: Mapping[str, str] = NOTHING, ticked: Collection[str] = ()) -> None:
        pressed = self._with_text("button", button)
        form = pressed.find_parent("form")
        assert form is not None
        assert form["method"] == "post"
        changed = [_found(self._with_text("label", label, within=form), "input") for label in ticked]
        chosen = {str(field["name"]) for field in changed if field["type"] == "radio"}
        sent: list[tuple[str, str]] = []
        for field in form.find_all("input"):
            name, value = str(field["name"]), str(field.get("value", ""))
            if field["type"] in {"checkbox", "radio"}:
                was = field.has_attr("checked") and name not in chosen
                if was is not any(field is each for each in changed):
                    sent.append((name, value))
            else:
                sent.append((name, filled.get(name, value)))
        if pressed.has_attr("name"):
            sent.append((str(pressed["name"]), str(pressed["value"])))
        self._read(urljoin(self.address, str(form.get("action", self.address))), urlencode(sent).encode())

    def _read(self, address: str, sent: bytes | None = None) -> None:
        with urlopen(Request(address, sent, {"Accept-Language": self.wanted})) as answer:
            self.address, content = answer.url, answer.read()
        self.page = BeautifulSoup(content, "html.parser")

    def _with_text(self, name: str, text: str, *, within: Tag | None = None) -> Tag:
        found = [each for each in (within or self.page).find_all(name) if " ".join(each.get_text().split()) == text]
        assert found, f"no {name} says “{text}”: {self.words()}"
        return found[0]


def quoted(words: str) -> str:
    """Return the words as a string of XPath, which knows no escapes."""
    assert '"' not in words
    return f'"{words}"'


def _found(page: Tag, name: str) -> Tag:
    found = page.find(name)
    assert isinstance(found, Tag)
    return found
