"""A new editor's and an approver's first day, in a browser, against the running demo."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.request import urlopen

import pytest
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until
from selenium.webdriver.support.wait import WebDriverWait

from tests.acceptance.conftest import IMPLICIT_WAIT_SECONDS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

SUBJECT = "Fresh & “new” <stories>"


def test_an_editor_composes_and_an_approver_sends(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "editor")
    tag_a_theme(browser, running_demo.url)
    compose(browser, running_demo.url)
    see_the_mail_in_the_preview_panel(browser)
    review_url = see_that_the_editor_may_not_approve(browser)

    browser.delete_all_cookies()
    log_in(browser, running_demo, "approver")
    approve_and_send(browser, review_url)
    read_in_the_inbox(browser, running_demo.url)


def log_in(browser: Any, demo: Any, name: str) -> None:
    browser.get(f"{demo.url}/admin/login/")
    browser.find_element(By.ID, "id_username").send_keys(name)
    browser.find_element(By.ID, "id_password").send_keys(demo.passwords[name])
    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    wait(browser).until(until.title_contains("Dashboard"))


def tag_a_theme(browser: Any, url: str) -> None:
    """Change a theme's summary, give it a tag, publish it, and find it by the tag in the API."""
    page = pages(url, "type=theme&locale=en")[0]
    browser.get(f"{url}/admin/pages/{page['id']}/edit/")
    summary = browser.find_element(By.ID, "id_summary")
    summary.clear()
    summary.send_keys("What people can do together, and the room that they need for it.")
    browser.find_element(By.CSS_SELECTOR, "[role=tab][href='#tab-promote']").click()
    browser.find_element(By.CSS_SELECTOR, ".tagit-new input, .w-tag-field input, #id_tags ~ ul input").send_keys(
        "spring,"
    )
    browser.find_element(By.CSS_SELECTOR, "form footer [data-w-dropdown-target=toggle]").click()
    browser.find_element(By.NAME, "action-publish").click()
    wait(browser).until(until.presence_of_element_located((By.CSS_SELECTOR, ".messages .success")))
    assert [found["id"] for found in pages(url, "tag=spring")] == [page["id"]]


def compose(browser: Any, url: str) -> None:
    browser.get(f"{url}/admin/newsletters/")
    click(browser, "//button[contains(., 'New issue from tagged pages')]")
    wait(browser).until(until.url_contains("/edit/"))
    subject = browser.find_element(By.CSS_SELECTOR, "[name$='-0-subject']")
    subject.clear()
    subject.send_keys(SUBJECT)
    click(browser, "//button[contains(., 'Save draft')]")
    wait(browser).until(until.presence_of_element_located((By.CSS_SELECTOR, ".messages .success")))


def see_the_mail_in_the_preview_panel(browser: Any) -> None:
    click(browser, "//button[@aria-label='Toggle preview']")
    wait(browser).until(lambda _: "Dear reader," in preview_text(browser))


def preview_text(browser: Any, *inner_frames: str) -> str:
    """Return what the preview, or a frame in it, says now: Wagtail puts a new frame in place of the old one."""
    browser.implicitly_wait(0)
    try:
        for frame in ("iframe[title='Preview']", *inner_frames):
            browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, frame))
        return browser.find_element(By.TAG_NAME, "body").text
    except WebDriverException:
        return ""
    finally:
        browser.switch_to.default_content()
        browser.implicitly_wait(IMPLICIT_WAIT_SECONDS)


def see_that_the_editor_may_not_approve(browser: Any) -> str:
    click(browser, "//a[contains(., 'Review and send') and contains(@class, 'button--icon')]")
    wait(browser).until(until.title_contains("Review"))
    assert SUBJECT in browser.find_element(By.TAG_NAME, "main").text
    assert "Not approved yet" in browser.find_element(By.TAG_NAME, "main").text
    return browser.current_url


def approve_and_send(browser: Any, review_url: str) -> None:
    browser.get(review_url)
    click(browser, "//button[contains(., 'approve')]")
    click(browser, "//summary[contains(., 'Send to')]")
    click(browser, "//button[contains(., 'Yes, send it now')]")
    wait(browser).until(until.url_contains("/dispatches/"), "The button did not start the sending")
    wait(browser, seconds=120).until(
        lambda _: "Finished" in browser.find_element(By.CSS_SELECTOR, "[data-label]").text, "The sending did not finish"
    )


def read_in_the_inbox(browser: Any, url: str) -> None:
    browser.get(f"{url}/inbox/?q=fresh")
    mails = browser.find_elements(By.CSS_SELECTOR, "tbody tr")
    assert mails
    click(browser, "//tbody//a")
    assert browser.find_element(By.TAG_NAME, "h1").text == SUBJECT
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    assert "Unsubscribe" in browser.find_element(By.TAG_NAME, "body").text
    browser.switch_to.default_content()


def pages(url: str, query: str) -> list[dict[str, Any]]:
    with urlopen(f"{url}/api/v1/pages?{query}") as response:
        return json.load(response)["items"]


def click(browser: Any, xpath: str) -> None:
    element = wait(browser).until(until.element_to_be_clickable((By.XPATH, xpath)))
    browser.execute_script("arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})", element)
    time.sleep(0.3)
    element.click()


def wait(browser: Any, *, seconds: float = 20) -> WebDriverWait:
    return WebDriverWait(browser, seconds, ignored_exceptions=[StaleElementReferenceException])
