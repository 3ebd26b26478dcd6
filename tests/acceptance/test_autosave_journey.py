"""What an editor writes is saved, even when Wagtail misses it: early, while a save returns, after one that failed."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.common.exceptions import ElementNotInteractableException
from selenium.webdriver.common.by import By

from cms.plugins.registry import block_kinds
from tests.acceptance.clicking import click, click_to_another_page, wait
from tests.acceptance.test_browser_staff import log_in, pages

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

EARLY = "Written before Wagtail looked"
LATE = "Written when the save came back"
COUNT_SAVES = 'document.addEventListener("w-autosave:success", () => { document.body.dataset.saved = "" })'
WRITE_WHEN_A_SAVE_RETURNS = """
const [field, words] = arguments;
document.addEventListener("w-autosave:success", () => { field.value = words }, { capture: true, once: true });
"""

FAIL_AT_THE_NEXT_SAVE = """
const send = window.fetch;
window.fetch = async (address, options) => {
  if (options?.method?.toUpperCase() !== "POST") return send(address, options);
  window.fetch = send;
  return new Response("<h1>Server Error</h1>", { status: 500 });
};
"""
SAVE_SLOWLY = """
const send = window.fetch;
window.fetch = async (address, options) => {
  if (options?.method?.toUpperCase() === "POST") await new Promise((done) => setTimeout(done, 4000));
  return send(address, options);
};
sessionStorage.answered = "";
document.addEventListener("w-autosave:save", () => { document.body.dataset.saving = "" });
document.addEventListener("w-autosave:success", () => { sessionStorage.answered = "before" });
"""
LET_THE_ANSWER_COME_ELSEWHERE = """
document.body.append(Object.assign(document.createElement("iframe"), { name: "elsewhere" }));
document.querySelector("[data-edit-form]").target = "elsewhere";
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


def test_a_save_that_the_server_failed_at_is_done_again(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "editor")
    page = pages(running_demo.url, "type=article&locale=en")[1]
    edit = f"{running_demo.url}/admin/pages/{page['id']}/edit/"

    browser.get(edit)
    browser.execute_script(COUNT_SAVES)
    browser.execute_script(FAIL_AT_THE_NEXT_SAVE)
    browser.find_element(By.ID, "id_summary").send_keys(LATE)
    browser.find_element(By.CSS_SELECTOR, "body[data-saved]")
    browser.get(edit)
    assert LATE in browser.find_element(By.ID, "id_summary").get_attribute("value")


def test_a_save_by_hand_does_not_overtake_an_autosave(running_demo: Any, browser: Any) -> None:
    """The reloaded editor would have an old revision, and its autosave would no longer work."""
    log_in(browser, running_demo, "editor")
    page = pages(running_demo.url, "type=article&locale=en")[3]
    edit = f"{running_demo.url}/admin/pages/{page['id']}/edit/"
    browser.get(edit)
    browser.execute_script(SAVE_SLOWLY)
    browser.find_element(By.ID, "id_summary").send_keys(EARLY)
    browser.find_element(By.CSS_SELECTOR, "body[data-saving]")
    click(browser, "//form//footer//*[@data-w-dropdown-target='toggle']")
    click_to_another_page(browser, "//*[@name='action-publish']")
    assert browser.execute_script("return sessionStorage.answered") == "before"
    message = browser.find_element(By.CSS_SELECTOR, ".messages .success")
    assert "has been published" in message.get_attribute("textContent")
    browser.get(edit)
    browser.execute_script(COUNT_SAVES)
    browser.find_element(By.ID, "id_summary").send_keys(LATE)
    browser.find_element(By.CSS_SELECTOR, "body[data-saved]")


def test_nothing_is_written_into_a_form_that_is_on_its_way(running_demo: Any, browser: Any) -> None:
    """It would be lost when the answer arrives."""
    log_in(browser, running_demo, "editor")
    page = pages(running_demo.url, "type=article&locale=en")[2]
    edit = f"{running_demo.url}/admin/pages/{page['id']}/edit/"

    browser.get(edit)
    browser.execute_script(LET_THE_ANSWER_COME_ELSEWHERE)
    click(browser, "//button[contains(., 'Save draft')]")
    browser.find_element(By.CSS_SELECTOR, "form[data-edit-form][inert]")
    with pytest.raises(ElementNotInteractableException):
        browser.find_element(By.ID, "id_summary").send_keys(LATE)
    browser.get(edit)
    browser.find_element(By.ID, "id_summary").send_keys(LATE)


def test_checks_that_could_not_be_fetched_are_fetched_again(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "editor")
    browser.get(f"{running_demo.url}/admin/newsletters/")
    click_to_another_page(browser, "//a[contains(., 'Choose the pages')]")
    click_to_another_page(browser, "//button[contains(., 'Begin without pages')]")  # others' pages stay to be gathered
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/checks/*"]})
    browser.refresh()
    said = browser.find_element(By.CSS_SELECTOR, ".hub-checks--panel [role=status]")
    wait(browser).until(lambda _: "could not be fetched" in said.get_attribute("textContent"))
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    wait(browser).until(lambda _: "could not be fetched" not in said.get_attribute("textContent"))
    assert browser.find_elements(By.CSS_SELECTOR, ".hub-checks--panel [data-summary]")


def test_a_story_without_a_page_is_named_as_one(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "editor")
    browser.get(f"{running_demo.url}/admin/newsletters/")
    click_to_another_page(browser, "//a[contains(., 'Choose the pages')]")
    click_to_another_page(browser, "//button[contains(., 'Begin without pages')]")
    click(browser, "//*[@id='panel-child-content-body-section']//button[contains(@class, 'c-sf-add-button')]")
    click(browser, "//*[@role='option'][contains(., 'Story')]")
    title = browser.find_element(By.CSS_SELECTOR, "#panel-child-content-body-section .c-sf-block__title")
    wait(browser).until(lambda _: title.get_attribute("textContent") == "no page chosen yet")
    toggle = "//*[@id='panel-child-content-body-section']//*[@data-streamfield-child]//button[@data-panel-toggle]"
    click(browser, f"({toggle})[1]")
    assert title.get_attribute("textContent") == "no page chosen yet"


def test_what_stands_in_for_a_missing_plugins_block_is_not_offered(running_demo: Any, browser: Any) -> None:
    log_in(browser, running_demo, "editor")
    page = pages(running_demo.url, "type=article&locale=en")[4]
    browser.get(f"{running_demo.url}/admin/pages/{page['id']}/edit/")
    click(browser, "//*[@id='panel-child-content-body-section']//button[contains(@class, 'c-sf-add-button')]")
    options = browser.find_elements(By.CSS_SELECTOR, "[role=option]")
    offered = [option.get_attribute("textContent").strip() for option in options]
    assert len(offered) == len(block_kinds())
    assert {"Heading", "Text", "Related pages"} < set(offered)
    assert not [label for label in offered if "missing" in label]
