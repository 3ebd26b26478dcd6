"""A new editor's and an approver's first day, in a browser, against the running demo."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import urlopen

import pytest
from django.utils import translation
from django.utils.translation import gettext
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as until
from selenium.webdriver.support.select import Select

from tests.acceptance.clicking import Clicks, click, click_to_another_page, double_click, text, wait
from tests.acceptance.conftest import IMPLICIT_WAIT_SECONDS
from tests.acceptance.mending import WRITTEN, mend_what_the_checks_find

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

SUBJECT = "Fresh & “new” <stories>"
VIEWER = "[data-hub-viewer] iframe"


MOST_CLICKS = 20  # five minutes for people who look before they click


@pytest.fixture(autouse=True)
def clicks() -> type[Clicks]:
    Clicks.count = 0
    return Clicks


def test_an_editor_composes_and_an_approver_sends(running_demo: Any, browser: Any, clicks: type[Clicks]) -> None:
    url = running_demo.url
    log_in(browser, running_demo, "editor")
    tag_a_theme(browser, url)
    clicks.count = 1  # the log-in; tagging the pages is the day's work
    compose(browser, url)
    taken = clicks.count
    mend_what_the_checks_find(browser)
    clicks.count = taken
    see_the_mail_in_the_preview_panel(browser)
    submit_for_approval(browser)

    browser.delete_all_cookies()
    log_in(browser, running_demo, "approver")
    taken = clicks.count
    work_in_dutch(browser, url)
    clicks.count = taken
    review_and_approve(browser)
    schedule_and_take_back(browser)
    send(browser)
    assert clicks.count <= MOST_CLICKS
    read_in_the_inbox(browser, url)


def log_in(browser: Any, demo: Any, name: str) -> None:
    browser.get(f"{demo.url}/admin/login/")
    browser.find_element(By.ID, "id_username").send_keys(name)
    browser.find_element(By.ID, "id_password").send_keys(demo.passwords[name])
    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    Clicks.count += 1
    wait(browser).until(until.title_contains("Dashboard"))


def tag_a_theme(browser: Any, url: str) -> None:
    """Change a theme's summary, give it a tag, publish it, and find it by the tag in the API."""
    page = pages(url, "type=theme&locale=en")[0]
    browser.get(f"{url}/admin/pages/{page['id']}/edit/")
    summary = browser.find_element(By.ID, "id_summary")
    summary.clear()
    summary.send_keys("What people can do together, and the room that they need for it.")
    click(browser, "//*[@role='tab'][@href='#tab-promote']")
    tags = wait(browser).until(until.element_to_be_clickable((By.CSS_SELECTOR, "input[aria-label=Tags]")))
    tags.send_keys("spring,")
    click(browser, "//form//footer//*[@data-w-dropdown-target='toggle']")
    click(browser, "//*[@name='action-publish']")
    wait(browser).until(until.presence_of_element_located((By.CSS_SELECTOR, ".messages .success")))
    assert [found["id"] for found in pages(url, "tag=spring")] == [page["id"]]


def compose(browser: Any, url: str) -> None:
    browser.get(f"{url}/admin/newsletters/")
    double_click(browser, "//button[contains(., 'New issue from tagged pages')]")  # and makes one all the same
    wait(browser).until(until.url_contains("/edit/"))
    subject = browser.find_element(By.CSS_SELECTOR, "[name$='-0-subject']")
    subject.clear()
    subject.send_keys(SUBJECT)
    wait(browser).until(lambda _: browser.find_element(By.CSS_SELECTOR, "[role=textbox]").accessible_name == "Intro")
    click_to_another_page(browser, "//button[contains(., 'Save draft')]")
    wait(browser).until(until.presence_of_element_located((By.CSS_SELECTOR, ".messages .success")))


def see_the_mail_in_the_preview_panel(browser: Any) -> None:
    click(browser, "//button[@aria-label='Toggle preview']")
    wait(browser).until(lambda _: WRITTEN in preview_text(browser, "iframe.mail"))


def preview_text(browser: Any, *inner_frames: str) -> str:
    """Return the current text of the preview, or of a frame in it: Wagtail replaces the frame with a new one."""
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


def submit_for_approval(browser: Any) -> None:
    """The editor looks at the review, where the mail is shown, and may submit but not approve."""
    click(browser, "//a[contains(., 'Review and send') and contains(@class, 'button--icon')]")
    wait(browser).until(until.title_contains("Review"))
    browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, VIEWER))
    assert SUBJECT in browser.find_element(By.CSS_SELECTOR, ".inbox").text
    browser.switch_to.default_content()
    click(browser, "//button[contains(., 'Submit for approval')]")
    wait(browser).until(lambda _: "It waits for an approval" in text(browser))
    assert "Approver" in text(browser)
    assert "I have read it" not in text(browser)


def nl(words: str) -> str:
    """Return these words of the admin in the approver's language."""
    with translation.override("nl"):
        found = gettext(words)
    assert found != words
    return found


def work_in_dutch(browser: Any, url: str) -> None:
    browser.get(f"{url}/admin/account/")
    Select(browser.find_element(By.CSS_SELECTOR, "select[name$=preferred_language]")).select_by_value("nl")
    click(browser, "//select[contains(@name, 'preferred_language')]/ancestor::form//button[@type='submit']")
    wait(browser).until(until.presence_of_element_located((By.CSS_SELECTOR, ".messages .success")))
    browser.get(f"{url}/admin/")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "nl"


def review_and_approve(browser: Any) -> None:
    """The approver finds it on the front page, looks at it on a phone and in the dark, and approves it."""
    click(browser, "//*[@id='awaiting-review-section']//td[contains(@class, 'actions')]//button")
    click(browser, f"//button[contains(., '{nl('Review and approve')}')]")
    wait(browser).until(until.title_contains(nl("Review and send")))
    browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, VIEWER))
    for choice, shows in (("width=phone", "iframe.mail--phone"), ("view=dark", "iframe.mail"), ("view=text", "pre")):
        click(browser, f"//a[contains(@href, '{choice}')]")
        browser.find_element(By.CSS_SELECTOR, f"a[href*='{choice}'][aria-current]")
        browser.find_element(By.CSS_SELECTOR, shows)
    browser.switch_to.default_content()
    click(browser, f"//button[contains(., '{nl('I have read it: approve')}')]")
    wait(browser).until(lambda _: "Goedgekeurd door Approver" in text(browser))


def schedule_and_take_back(browser: Any) -> None:
    click(browser, f"//a[contains(., '{nl('Send or schedule …')}')]")
    wait(browser).until(until.title_contains(nl("Send or schedule")))
    assert SUBJECT in text(browser)
    assert "Europe/Amsterdam" in text(browser)
    click(browser, f"//button[contains(., '{nl('Schedule it')}')]")
    wait(browser).until(lambda _: "Tot dan hoeft er niets te gebeuren" in text(browser))
    click(browser, f"//button[contains(., '{nl('Take it off the schedule')}')]")
    wait(browser).until(lambda _: nl("It is no longer scheduled.") in browser.find_element(By.TAG_NAME, "body").text)


def send(browser: Any) -> None:
    click(browser, f"//a[contains(., '{nl('Send or schedule …')}')]")
    click(browser, "//button[contains(., 'Verzend het nu naar')]")
    wait(browser).until(until.url_contains("/dispatches/"), "The button did not start the sending")
    wait(browser).until(
        lambda _: nl("Finished") in browser.find_element(By.CSS_SELECTOR, "[data-label]").text,
        "The sending did not finish",
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
