"""From tagged pages to the inbox, over HTTP and SMTP: an editor composes, an approver sends, readers get their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from demo.inbox import Inbox
from newsletters.models import Delivery, Dispatch, IssuePage
from newsletters.sending.ledger.status import ledger_status
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.django_db(transaction=True)  # the worker closes its connections

READERS: dict[str, dict[str, Any]] = {
    "ann": {"language": "en", "themes": ["data"]},
    "bob": {"language": "en", "themes": ["data", "power"]},
    "nel": {"language": "nl", "themes": ["power"]},
    "cas": {"language": "nl", "themes": ["climate"]},
}


@pytest.fixture
def hub(transactional_db: None) -> Hub:
    hub = build_hub()
    hub.issue.delete()
    for name, choices in READERS.items():
        hub.subscribe(name, **choices)
    return hub


@pytest.fixture
def inbox(tmp_path: Path, settings: Any) -> Any:
    inbox = Inbox(tmp_path / "inbox")
    with inbox.listening(port=0) as port:
        options = {"OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 60}}
        transport = settings.HUB_NEWSLETTERS["TRANSPORT"] | options
        settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport}
        yield inbox


def signed_in(hub: Hub, name: str) -> Client:
    client = Client()
    client.force_login(hub.users[name])
    return client


def work() -> None:
    options = ["--queue-name", "*", "--backend", "background", "--batch", "--no-reload", "--no-startup-delay"]
    call_command("db_worker", *options, "--interval", "0", verbosity=0)


def test_from_tagged_pages_to_the_inbox(hub: Hub, inbox: Inbox) -> None:
    editor, approver = signed_in(hub, "editor"), signed_in(hub, "approver")

    composed = editor.post(f"/admin/newsletters/{hub.page.pk}/compose/")
    issue = IssuePage.objects.get()
    assert composed.headers["Location"] == f"/admin/pages/{issue.pk}/edit/"
    assert not issue.live
    assert len(issue.get_latest_revision_as_object().body) == 3
    base = f"/admin/newsletters/issues/{issue.pk}"
    write_an_intro(issue)

    page = editor.get(f"{base}/review/").content.decode()
    assert "Open data for all" not in page  # it stands in the frame
    assert "content_hash" not in page  # an editor may not approve
    for language, title in (("en", "Open data for all"), ("nl", "Open data voor iedereen")):
        assert title in editor.get(f"{base}/preview/?edition={language}").content.decode()
    assert editor.post(f"{base}/send/").status_code == 302
    assert Dispatch.objects.count() == 0

    page = approver.get(f"{base}/review/").content.decode()
    assert "Send or schedule" not in page
    (seen,) = re.findall(r'name="content_hash" value="([0-9a-f]{64})"', page)
    approver.post(f"{base}/approve/", {"content_hash": seen})
    page = approver.get(f"{base}/confirm/").content.decode()
    assert "Send it to 3 readers now" in page
    assert "One gets nothing: no story on a theme they follow." in page

    sent = approver.post(f"{base}/send/")
    dispatch = Dispatch.objects.get()
    assert sent.headers["Location"] == f"/admin/newsletters/dispatches/{dispatch.pk}/"
    work()

    dispatch.refresh_from_db()
    assert dispatch.status == Dispatch.Status.FINISHED
    status = ledger_status(dispatch)
    assert {name: count for name, count in status.counts.items() if count} == {"accepted": 3, "excluded": 1}
    assert status.adds_up
    assert dispatch.deliveries.filter(status=Delivery.Status.ACCEPTED, reply__startswith="250").count() == 3
    see_the_mails(inbox)
    answer = approver.get(
        f"/admin/newsletters/dispatches/{dispatch.pk}/", headers={"accept": "application/json"}
    ).json()
    assert (answer["percent"], answer["status"]) == (100, "finished")

    approver.post(f"{base}/send/")
    work()
    assert len(inbox.mails()) == 3
    public = Client().get(f"/api/v1/newsletters/letter/issues/{issue.slug}").json()
    assert [edition["language"] for edition in public["editions"]] == ["en", "nl"]


def write_an_intro(issue: IssuePage) -> None:
    """Readers are greeted only if an intro follows."""
    draft = issue.get_latest_revision_as_object()
    words = {"en": "<p>A month of meetings.</p>", "nl": "<p>Een maand vol ontmoetingen.</p>"}
    texts = list(draft.texts.all())
    for text in texts:
        text.intro = words[text.locale.language_code]
    draft.texts = texts
    draft.save_revision()


def see_the_mails(inbox: Inbox) -> None:
    mails: dict[str, Any] = {}
    for head in inbox.mails():
        message = inbox.get(head.key)
        assert message is not None
        mails[message["To"].addresses[0].username] = message
    assert set(mails) == {"ann", "bob", "nel"}
    texts = {name: message.get_body(("plain",)).get_content() for name, message in mails.items()}
    assert ("Dear Ann," in texts["ann"], "Beste Nel," in texts["nel"]) == (True, True)
    assert ("Open data for all" in texts["ann"], "A town meeting" in texts["ann"]) == (True, False)
    assert ("Open data for all" in texts["bob"], "A town meeting" in texts["bob"]) == (True, True)
    assert ("Een dorpsvergadering" in texts["nel"], "Open data" in texts["nel"]) == (True, False)
    assert "Je ontvangt" in texts["nel"]
    for message in mails.values():
        assert message.get_content_type() == "multipart/alternative"
        assert "/n/u/" in message["List-Unsubscribe"]


def test_the_link_in_a_received_mail_ends_the_subscription(hub: Hub, inbox: Inbox) -> None:
    editor, approver = signed_in(hub, "editor"), signed_in(hub, "approver")
    editor.post(f"/admin/newsletters/{hub.page.pk}/compose/")
    hub.issue = IssuePage.objects.get()
    hub.approve()
    approver.post(f"/admin/newsletters/issues/{hub.issue.pk}/send/")
    work()
    (ann,) = [head for head in inbox.mails() if "ann@" in head.recipient]
    message = inbox.get(ann.key)
    assert message is not None
    (address,) = re.findall(r"<http://hub\.test(/n/u/[^>]+)>", message["List-Unsubscribe"])
    provider = Client(enforce_csrf_checks=True)
    assert provider.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert hub.newsletter.subscriptions.get(subscriber__email="ann@example.org").status == "ended"
