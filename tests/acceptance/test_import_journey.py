"""Staff import a file in a browser: choose it, look at the columns, try it out, import it, and undo it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from selenium.webdriver.common.by import By

from newsletters.audience.imports.work import work_on
from newsletters.models import ReaderImport, Subscriber
from tests.acceptance.axe import judge_by_axe
from tests.acceptance.clicking import click, text, wait
from tests.acceptance.test_public_pages import axe  # noqa: F401 - a fixture
from tests.acceptance.test_sending_journey import TURN, one_at_a_time  # noqa: F401 - a fixture
from tests.newsletters.building import Hub, build_hub

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Buttons take a moment to change their colours, and what axe-core sees in between is nobody's choice.
COLOURS_STAND = "setTimeout(arguments[arguments.length - 1], 600);"
MEMBERS = (
    "E-mailadres;Voornaam;Taal;Status;Lidnummer\n"
    "noa@example.org;Noa;nl;Actief;17\n"
    "sam@example.org;Sam;en;Actief;18\n"
    "gia@example.org;Gia;nl;Afgemeld;19\n"
    "not an address;;;;20\n"
)


def let_a_worker_do_it() -> None:
    with TURN:
        made = ReaderImport.objects.get()
        work_on(made.pk, language="en", should_stop=lambda: False, clock=timezone.now)


def readers() -> set[str]:
    with TURN:
        return set(Subscriber.objects.values_list("first_name", flat=True))


def no_faults(browser: Any, axe: str) -> None:  # noqa: F811
    """Judge the page in light and in dark."""
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.execute_async_script(COLOURS_STAND)
        assert judge_by_axe(browser, axe) == []


def test_a_list_of_members_is_imported_and_undone(
    transactional_db: None,
    live_server: Any,
    browser: Any,
    axe: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    hub: Hub = build_hub()
    file = tmp_path / "leden.csv"
    file.write_text(MEMBERS)
    client = Client()
    client.force_login(hub.users["administrator"])
    browser.get(f"{live_server.url}/admin/login/")
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})

    browser.get(f"{live_server.url}/admin/newsletters/subscribers/imports/")
    assert "No file has been imported yet." in text(browser)
    no_faults(browser, axe)
    browser.find_element(By.NAME, "file").send_keys(str(file))
    click(browser, "//button[normalize-space()='Upload']")

    wait(browser).until(lambda _: "What the columns hold" in text(browser))
    assert "noa@example.org" in text(browser)
    assert browser.find_element(By.NAME, "column-4").get_attribute("value") == ""  # nobody knows what a Lidnummer is
    no_faults(browser, axe)
    click(browser, "//input[@name='basis'][@value='relation']")
    browser.find_element(By.NAME, "evidence").send_keys("members of the association, list of 1 May")
    click(browser, "//label[normalize-space()='Data']")
    click(browser, "//button[normalize-space()='Try it out']")

    wait(browser).until(lambda _: "Being tried out" in text(browser))
    let_a_worker_do_it()
    wait(browser).until(lambda _: "Import: 2 new readers" in text(browser))  # the page has followed by itself
    assert "“not an address” is not a valid e-mail address." in text(browser)
    assert not readers()
    no_faults(browser, axe)
    click(browser, "//button[contains(., 'Import: 2 new readers')]")

    wait(browser).until(lambda _: "Being imported" in text(browser))
    let_a_worker_do_it()
    wait(browser).until(lambda _: "Undo the import …" in text(browser))
    assert readers() == {"Noa", "Sam"}
    no_faults(browser, axe)

    click(browser, "//a[contains(., 'Undo the import …')]")
    wait(browser).until(lambda _: "New readers of this file are removed" in text(browser))
    click(browser, "//button[contains(., 'Yes, undo the import')]")
    wait(browser).until(lambda _: "Being undone" in text(browser))
    let_a_worker_do_it()
    wait(browser).until(lambda _: "3 rows were undone." in text(browser))
    assert not readers()
