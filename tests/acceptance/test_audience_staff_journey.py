"""New staff run an audience by clicks: import, segment, send to it, hear of a bounce, restore, prove, erase."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from demo.inbox import Inbox
from newsletters.models import ConsentEvent, Delivery, ReaderImport, Subscription
from newsletters.tasks import heed
from newsletters.values.return_path import make_return_path
from tests.acceptance.clicking import click, click_to_another_page, text, wait
from tests.acceptance.dumping import dump
from tests.acceptance.test_import_journey import let_a_worker_do_it
from tests.acceptance.test_issue_journey import inbox, work  # noqa: F401 - a fixture
from tests.acceptance.test_sending_journey import TURN, one_at_a_time  # noqa: F401 - a fixture
from tests.newsletters.building import Hub, build_hub

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS, BOUNCES = "wilhelmina@example.org", "bounces@hub.test"
MEMBERS = f"E-mailadres;Voornaam;Taal\n{ADDRESS};Wilhelmina;nl\nsam@example.com;Sam;en\nnot an address;;\n"
BOUNCE = """\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: {return_path}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b1"

--=_b1
Content-Type: text/plain; charset=utf-8

<{address}>: host mx.example.org said: 550 5.1.1 <{address}>: User unknown

--=_b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: User unknown

--=_b1
Content-Type: text/rfc822-headers

To: Wilhelmina <{address}>
Message-ID: {message_id}

--=_b1--
"""


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    return build_hub()


def test_staff_import_send_to_a_segment_heed_a_bounce_prove_and_erase(
    hub: Hub,
    live_server: Any,
    browser: Any,
    inbox: Inbox,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BOUNCE_ADDRESS": BOUNCES}
    administrator = log_in(browser, live_server.url, hub, "administrator")
    import_a_file(browser, live_server.url, tmp_path / "leden.csv")
    monkeypatch.setattr("newsletters.audience.views.segments.MANY", 1)  # of more, an estimate is shown first
    make_a_segment(browser, live_server.url)
    choose_it_in_the_issue(browser, f"{live_server.url}/admin/pages/{hub.issue.pk}/edit/")
    log_in(browser, live_server.url, hub, "approver")
    approve_and_send(browser, f"{live_server.url}/admin/newsletters/issues/{hub.issue.pk}/review/")
    assert [mail.recipient for mail in inbox.mails()] == [f"Wilhelmina <{ADDRESS}>"]

    let_it_bounce(inbox.mails()[0].message_id, monkeypatch)
    log_in(browser, live_server.url, hub, "administrator")
    find_who_was_set_aside(browser, live_server.url)
    send_to_them_again(browser)
    write_a_note(browser)
    take_out_the_proof(browser, administrator)
    erase(browser)
    assert stored_after_erasing() == []


def log_in(browser: Any, url: str, hub: Hub, name: str) -> Client:
    """Open a session for one of the staff, and return a client that has it, too."""
    client = Client()
    with TURN:
        client.force_login(hub.users[name])
    browser.get(f"{url}/admin/login/")
    browser.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    browser.get(f"{url}/admin/")
    return client


def import_a_file(browser: Any, url: str, file: Path) -> None:
    """Somebody who has never imported gets there from the list of readers, and tries it out first."""
    file.write_text(MEMBERS)
    browser.get(f"{url}/admin/newsletters/subscribers/")
    click_to_another_page(browser, "//a[contains(., 'Import readers')]")
    browser.find_element(By.NAME, "file").send_keys(str(file))
    click_to_another_page(browser, "//button[normalize-space()='Upload']")
    click(browser, "//input[@name='basis'][@value='relation']")
    browser.find_element(By.NAME, "evidence").send_keys("members of the association")
    click(browser, "//label[normalize-space()='Data']")
    click_to_another_page(browser, "//button[normalize-space()='Try it out']")
    let_a_worker_do_it()
    wait(browser).until(lambda _: "Import: 2 new readers" in text(browser))
    assert "is not a valid e-mail address" in text(browser)
    click_to_another_page(browser, "//button[contains(., 'Import: 2 new readers')]")
    let_a_worker_do_it()
    wait(browser).until(lambda _: "Undo the import …" in text(browser))
    with TURN:
        assert ReaderImport.objects.get().counts["new"] == 2


def make_a_segment(browser: Any, url: str) -> None:
    browser.get(f"{url}/admin/newsletters/segments/")
    click_to_another_page(browser, "//a[contains(., 'Add a segment')]")
    browser.find_element(By.NAME, "name").send_keys("In Dutch")
    Select(browser.find_element(By.NAME, "new_kind")).select_by_value("language")
    click_to_another_page(browser, "//button[normalize-space()='Add this condition']")
    click(browser, "//fieldset//label[normalize-space()='Nederlands']")
    wait(browser).until(lambda _: "1 of 2 readers" in text(browser))
    click_to_another_page(browser, "//button[normalize-space()='Save']")
    assert "In Dutch" in text(browser)


def choose_it_in_the_issue(browser: Any, address: str) -> None:
    browser.get(address)
    Select(browser.find_element(By.NAME, "send_to")).select_by_visible_text("In Dutch")
    click_to_another_page(browser, "//button[contains(., 'Save draft')]")
    assert Select(browser.find_element(By.NAME, "send_to")).first_selected_option.text == "In Dutch"


def approve_and_send(browser: Any, address: str) -> None:
    browser.get(address)
    click_to_another_page(browser, "//button[contains(., 'I have read it: approve')]")
    click_to_another_page(browser, "//a[contains(., 'Send or schedule …')]")
    assert "In Dutch" in text(browser)
    click_to_another_page(browser, "//button[contains(., 'Send it to 1 reader now')]")
    with TURN:
        work()
    wait(browser).until(lambda _: browser.find_element(By.CSS_SELECTOR, "[data-label]").text == "Finished")
    assert "In Dutch" in text(browser)


def let_it_bounce(message_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server pipes what comes back to the return path of this copy into a command, and the clock heeds it."""
    with TURN:
        sent_to = make_return_path(base=BOUNCES, delivery_pk=Delivery.objects.get().pk)
        mail = BOUNCE.format(return_path=sent_to, address=ADDRESS, message_id=message_id)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(mail.encode())))
        call_command("bounces", "--pipe", "--recipient", sent_to, stdout=io.StringIO())
        heed()
        assert Subscription.objects.get(subscriber__email=ADDRESS).status == Subscription.Status.BOUNCED


def find_who_was_set_aside(browser: Any, url: str) -> None:
    browser.get(f"{url}/admin/newsletters/subscribers/")
    Select(browser.find_element(By.NAME, "state")).select_by_value("bounced")
    click_to_another_page(browser, "//button[normalize-space()='Find']")
    assert "sam@example.com" not in text(browser)
    click_to_another_page(browser, f"//a[normalize-space()='{ADDRESS}']")
    assert "SET ASIDE: MAIL DOES NOT ARRIVE" in text(browser).upper()
    assert "User unknown" in text(browser)  # what their mail server answered


def send_to_them_again(browser: Any) -> None:
    click_to_another_page(browser, "//a[normalize-space()='Send to them again']")
    browser.find_element(By.NAME, "note").send_keys("Called: the mailbox works again")
    click_to_another_page(browser, "//button[normalize-space()='Send to them again']")
    assert "Called: the mailbox works again" in text(browser)
    with TURN:
        assert Subscription.objects.get(subscriber__email=ADDRESS).status == Subscription.Status.ACTIVE
        assert ConsentEvent.objects.filter(note__startswith="Called").count() == 1


def write_a_note(browser: Any) -> None:
    browser.find_element(By.NAME, "text").send_keys("Wilhelmina wants to be erased.")
    click_to_another_page(browser, "//button[normalize-space()='Keep the note']")
    assert "Wilhelmina wants to be erased." in text(browser)


def take_out_the_proof(browser: Any, administrator: Client) -> None:
    """The links lead to files; the browser would save them."""
    for words in ("Take out everything about them, to print", "as JSON"):
        link = browser.find_element(By.XPATH, f"//a[normalize-space()='{words}']").get_attribute("href")
        with TURN:
            answer = administrator.get(link.partition("/admin/")[1] + link.partition("/admin/")[2])
        assert answer["Content-Disposition"].startswith("attachment")
        for proven in (ADDRESS, "members of the association", "Called: the mailbox works again"):
            assert proven in answer.content.decode()


def erase(browser: Any) -> None:
    with TURN:
        assert "wilhelmina" in dump().lower()
    click_to_another_page(browser, "//a[contains(., 'Erase this person')]")
    assert "This cannot be undone." in text(browser)
    click_to_another_page(browser, "//button[normalize-space()='Yes, erase this person']")
    body = browser.find_element(By.TAG_NAME, "body")
    wait(browser).until(lambda _: "The person has been erased." in body.text)
    assert "sam@example.com" in text(browser)


def stored_after_erasing() -> list[str]:
    """Return what a dump still says about the person."""
    with TURN:
        left = dump().lower()
    return [word for word in ("wilhelmina", "example.org", "user unknown") if word in left]
