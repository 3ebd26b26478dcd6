"""A test mail: the current edition, to a few addresses, with links that do no harm."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import PageLogEntry

from newsletters.issues.actions.send_test import ACTION, MOST_AN_HOUR
from newsletters.models import Delivery
from newsletters.sending.transport.seam import ConnectionDropped, MessageUnsendable, ReplyLost
from newsletters.testing import REFUSED, FakeTransport

TO_ANN = "ann@colleague.example"


@pytest.fixture(autouse=True)
def server(settings: Any, transport: FakeTransport) -> FakeTransport:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def post(hub: Any, name: str = "editor", *, sees_subscribers: bool = False, **fields: Any) -> Any:
    client = Client()
    if sees_subscribers:
        hub.users[name].user_permissions.add(Permission.objects.get(codename="view_subscription"))
    client.force_login(hub.users[name])
    fields = {"addresses": TO_ANN, "edition": "en", "is_marked": "on"} | fields
    address = reverse("newsletters_admin:test", args=[hub.issue.pk])
    return client.post(address, {name: value for name, value in fields.items() if value is not None}, follow=True)


def mail(server: FakeTransport, index: int = 0) -> Any:
    return message_from_bytes(server.handovers[index].data, policy=policy.default)


def test_a_test_is_the_chosen_edition_marked_as_a_test(hub: Any, server: FakeTransport) -> None:
    (nel,) = hub.subscribe("nel", language="nl", themes=["power"])
    page = post(hub, edition=f"nl-{nel.theme_set_id}").content.decode()
    assert f"The test is on its way to {TO_ANN}." in page
    assert server.recipients == [TO_ANN]
    sent = mail(server)
    assert sent["Subject"].startswith("[TEST] ")
    text = sent.get_body(("plain",)).get_content()
    assert ("Beste lezer," in text, "Een dorpsvergadering" in text, "Open data" in text) == (True, True, False)
    assert Delivery.objects.count() == 0


def test_the_mark_can_be_left_out(hub: Any, server: FakeTransport) -> None:
    post(hub, is_marked=None)
    assert mail(server)["Subject"] == hub.compile().editions[hub.locales["en"]].subject


def test_the_links_of_a_test_work_and_harm_nothing(hub: Any, server: FakeTransport) -> None:
    (ann,) = hub.subscribe("ann")
    post(hub, sees_subscribers=True, reader="ANN@example.org")
    sent = mail(server)
    html, text = (sent.get_body((kind,)).get_content() for kind in ("html", "plain"))
    assert "Dear Ann," in html
    assert "Dear Ann," in text
    personal = set(re.findall(r"http://hub\.test(/n/\w/[^\s\"<>,]+)", f"{html} {text} {sent['List-Unsubscribe']}"))
    assert "/n/t/en" in personal
    stranger = Client(enforce_csrf_checks=True)
    for address in personal - {f"/n/i/{hub.issue.pk}/en"}:
        assert stranger.get(address).status_code == 200
        assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    ann.refresh_from_db()
    assert ann.status == "active"
    assert server.recipients == [TO_ANN]  # not the subscriber


def test_who_may_not_see_subscribers_cannot_find_out_who_is_one(hub: Any, server: FakeTransport) -> None:
    hub.subscribe("ann")
    page = post(hub, reader="ann@example.org").content.decode()
    assert "As this subscriber" not in page
    assert "Dear reader," in mail(server).get_body(("plain",)).get_content()


def test_a_test_goes_to_five_addresses_at_most_each_once(hub: Any, server: FakeTransport) -> None:
    post(hub, addresses="a@x.example, b@x.example; a@x.example c@x.example")
    assert server.recipients == ["a@x.example", "b@x.example", "c@x.example"]
    page = post(hub, addresses=",".join(f"{letter}@x.example" for letter in "abcdef")).content.decode()
    assert "At most 5 addresses at a time." in page
    assert "Enter a valid email address" in post(hub, addresses="a@x.example nobody").content.decode()
    assert len(server.handovers) == 3


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (REFUSED, "The mail server rejected it: 550 5.1.1 there is no such user"),
        (
            ConnectionDropped("it went away"),
            "The mail server closed the connection before it accepted the mail (it went away)",
        ),
        (ReplyLost("reset"), "It may have arrived: the mail server did not confirm it (reset)."),
        (MessageUnsendable("no"), "A mail cannot be sent to this address: no"),
    ],
)
def test_what_went_wrong_is_told_in_words_for_each_address(
    hub: Any, server: FakeTransport, outcome: Any, words: str
) -> None:
    server.replies = {"bob@x.example": [outcome]}
    page = post(hub, addresses=f"bob@x.example {TO_ANN}").content.decode()
    assert f"<b>bob@x.example</b>: {words}" in page
    assert f"on its way to {TO_ANN}" in page


def test_a_mail_server_that_is_not_there_is_told(hub: Any, server: FakeTransport) -> None:
    server.down_after = 0
    page = post(hub).content.decode()
    assert "connection refused" in page


def test_an_issue_that_cannot_be_compiled_is_not_sent(hub: Any, server: FakeTransport) -> None:
    hub.edit(words={"en": {"subject": " "}})
    assert "The issue has no subject in English." in post(hub).content.decode()
    assert server.handovers == []


def say_only_in_dutch(hub: Any) -> None:
    quote = ("quote", {"texts": [{"language": "nl", "quote": "Het was van ons", "attribution": ""}]})
    hub.edit(stories=[quote], words={"en": {"subject": "Here", "title": "Here", "intro": ""}})


def test_a_mail_that_nobody_would_get_is_not_sent(hub: Any, server: FakeTransport) -> None:
    hub.subscribe("ann")
    say_only_in_dutch(hub)
    assert "This edition no longer exists." in post(hub).content.decode()
    by_reader = post(hub, edition="nl", sees_subscribers=True, reader="ann@example.org").content.decode()
    assert "The issue says nothing in this language." in by_reader
    assert server.handovers == []
    post(hub, edition="nl")
    assert len(server.handovers) == 1


@pytest.mark.parametrize("page", ["test", "review"])
def test_only_what_somebody_would_get_is_offered(hub: Any, page: str) -> None:
    hub.subscribe("ann")
    (nel,) = hub.subscribe("nel", language="nl")
    say_only_in_dutch(hub)
    assert offered(hub, page) == ["nl", f"nl-{nel.theme_set_id}"]
    hub.write_in("nl")
    assert offered(hub, page) == ["nl", f"nl-{nel.theme_set_id}"]


def offered(hub: Any, page: str) -> list[str]:
    client = Client()
    client.force_login(hub.users["editor"])
    soup = BeautifulSoup(client.get(reverse(f"newsletters_admin:{page}", args=[hub.issue.pk])).content, "html.parser")
    return [str(option["value"]) for option in soup.select("select[name=edition] option")]


def test_where_a_language_cannot_be_made_it_is_offered_and_says_why(hub: Any) -> None:
    hub.edit(words={"en": {"subject": " "}})
    assert offered(hub, "test") == ["en", "nl"]


def test_an_issue_that_says_nothing_yet_says_so_where_a_test_is_sent(hub: Any, server: FakeTransport) -> None:
    hub.edit(stories=[], words={code: {"intro": ""} for code in ("en", "nl")})
    page = post(hub)
    assert "The issue says nothing yet." in page.content.decode()
    assert "hub-test-send" not in page.content.decode()
    assert server.handovers == []


def test_each_test_stands_in_the_audit_log_without_addresses(hub: Any) -> None:
    post(hub, addresses="a@x.example b@x.example")
    entry = PageLogEntry.objects.get(action=ACTION)
    assert (entry.page_id, entry.user, entry.data) == (hub.issue.pk, hub.users["editor"], {"edition": "en", "count": 2})
    assert entry.message == "A test mail of edition en to 2 addresses"


def test_one_person_sends_so_many_an_hour_and_others_still_can(hub: Any, server: FakeTransport) -> None:
    for _ in range(MOST_AN_HOUR // 5):
        PageLogEntry.objects.log_action(hub.issue, ACTION, user=hub.users["editor"], data={"edition": "en", "count": 5})
    assert "many test mails within the last hour" in post(hub).content.decode()
    assert server.handovers == []
    post(hub, "administrator")
    assert server.recipients == [TO_ANN]
    PageLogEntry.objects.update(timestamp="2020-01-01T00:00:00Z")
    post(hub)
    assert len(server.handovers) == 2


@pytest.mark.parametrize("name", ["outsider"])
def test_who_may_not_edit_the_issue_sends_no_test(hub: Any, server: FakeTransport, name: str) -> None:
    post(hub, name)
    assert server.handovers == []


def test_the_preview_leads_to_a_test_of_what_is_looked_at(hub: Any) -> None:
    (ann,) = hub.subscribe("ann")
    client = Client()
    client.force_login(hub.users["administrator"])
    looked = client.get(reverse("newsletters_admin:preview", args=[hub.issue.pk]), {"edition": "en", "reader": ann.pk})
    (address,) = re.findall(r'href="([^"]*/test/\?[^"]*)"', looked.content.decode())
    form = client.get(address.replace("&amp;", "&")).content.decode()
    assert 'value="ann@example.org"' in form
    assert 'value="administrator@hub.test"' in form
    assert f'value="en-{ann.theme_set_id}" selected' in form
