"""What staff are asked before a language is left out of an issue, and how an issue without pages begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import reverse

from newsletters.models import Approval, Dispatch, IssuePage, Schedule
from newsletters.models.delivery import Delivery
from tests.newsletters.building import Hub


@pytest.fixture
def approver(hub: Hub) -> Client:
    """The browser of somebody who approves and sends an issue in English only; three of its five readers read Dutch."""
    hub.subscribe("ann", "bob")
    hub.subscribe("nel", "piet", "cor", language="nl")
    hub.write_in("en")
    client = Client()
    client.force_login(hub.users["approver"])
    return client


def address(hub: Hub, name: str) -> str:
    return reverse(f"newsletters_admin:{name}", args=[hub.issue.pk])


def form_to(client: Client, hub: Hub, name: str, *, on: str) -> Tag:
    """Return the form that leads to the page of this name, from the page `on`."""
    soup = BeautifulSoup(client.get(address(hub, on)).content, "html.parser")
    (form,) = soup.select(f'form[action="{address(hub, name)}"]')
    return form


def filled_in(form: Tag, *, ticked: bool) -> dict[str, Any]:
    """Return what a browser sends for the form, with all boxes ticked or none."""
    fields = form.select("input[name]")
    boxes = [field for field in fields if field.get("type") == "checkbox"]
    sent: dict[str, Any] = {str(f["name"]): f.get("value", "") for f in fields if f not in boxes}
    for box in boxes if ticked else []:
        sent.setdefault(str(box["name"]), []).append(box["value"])
    return sent


@pytest.mark.parametrize(("language", "words"), [("en", "3 readers get no mail"), ("nl", "3 lezers krijgen geen mail")])
def test_each_step_asks_in_words_with_the_number_of_readers_and_wants_a_yes(
    hub: Hub, approver: Client, language: str, words: str
) -> None:
    from wagtail.users.models import UserProfile

    UserProfile.objects.update_or_create(user=hub.users["approver"], defaults={"preferred_language": language})
    later = {"day": f"{hub.now + timedelta(days=3):%Y-%m-%d}", "clock": "09:00"}
    steps: list[tuple[str, str, Any, dict[str, str]]] = [
        ("approve", "review", lambda: Approval.objects.filter(issue=hub.issue).count() - 1, {}),
        ("schedule", "confirm", Schedule.objects.count, later),
        ("send", "confirm", Dispatch.objects.count, {}),
    ]
    for name, on, count, more in steps:
        form = form_to(approver, hub, name, on=on)
        assert words in " ".join(form.get_text(" ").split())
        (box,) = form.select("input[type=checkbox]")
        assert box.has_attr("required")
        assert not box.has_attr("checked")
        refused = approver.post(address(hub, name), filled_in(form, ticked=False) | more, follow=True)
        assert (count(), "Nederlands" in refused.content.decode()) == (0, True)
        assert refused.redirect_chain[-1][0] == address(hub, on)
        approver.post(address(hub, name), filled_in(form, ticked=True) | more)
        assert count() == 1
    assert Schedule.objects.get().left_out == {"nl": 3}


def test_what_was_ticked_stays_ticked_where_the_time_is_asked_again(hub: Hub, approver: Client) -> None:
    hub.approve(left_out=["nl"])
    sent = {"day": "2026-10-25", "clock": "", "left_out": "nl"}
    soup = BeautifulSoup(approver.post(address(hub, "schedule"), sent).content, "html.parser")
    boxes = [soup.select_one(f'form[action="{address(hub, name)}"] [name=left_out]') for name in ("schedule", "send")]
    assert [box.has_attr("checked") for box in boxes if box] == [True, False]


def test_nothing_is_asked_of_an_issue_in_every_language(hub: Hub) -> None:
    hub.subscribe("ann")
    client = Client()
    client.force_login(hub.users["approver"])
    assert not form_to(client, hub, "send", on="confirm").select("input[type=checkbox]")


def test_the_report_and_the_history_say_who_was_left_out(hub: Hub, approver: Client) -> None:
    dispatch = hub.send(left_out=["nl"])
    page = approver.get(reverse("newsletters_admin:dispatch", args=[dispatch.pk])).content.decode()
    assert "Excluded: The issue says nothing in their language" in page
    listed = reverse("newsletters_admin:deliveries", args=[dispatch.pk])
    shown = approver.get(listed, {"state": f"excluded.{Delivery.Reason.NO_LANGUAGE}"}).content.decode()
    assert all(f"{name}@example.org" in shown for name in ("nel", "piet", "cor"))
    rest = approver.get(reverse("newsletters_admin:rest", args=[dispatch.pk])).content.decode()
    assert "A sending of this issue is under way" in rest
    from newsletters.issues.views.history import history_of

    assert "Sending started, without Nederlands (3)" in [entry.words for entry in history_of(hub.issue)]


def test_what_is_scheduled_and_leaves_out_more_since_says_so_before(hub: Hub) -> None:
    hub.subscribe("ann")
    client = Client()
    client.force_login(hub.users["approver"])
    later = {"day": f"{hub.now + timedelta(days=3):%Y-%m-%d}", "clock": "09:00"}
    client.post(address(hub, "schedule"), later)
    hub.write_in("en")
    hub.approve(left_out=["nl"])
    page = client.get(address(hub, "review")).content.decode()
    assert "it now leaves out Nederlands" in page
    assert "Nothing needs to be done until then" not in page
    client.post(address(hub, "schedule"), later | {"left_out": "nl"})
    assert "Nothing needs to be done until then" in client.get(address(hub, "review")).content.decode()


def test_what_says_nothing_at_all_is_refused_in_clear_words(hub: Hub, approver: Client) -> None:
    hub.edit(words={"en": {"intro": ""}}, stories=[])
    page = approver.get(address(hub, "review")).content.decode()
    assert "The issue says nothing yet. Write an intro or a block of your own, or gather stories." in page
    assert "I have read it" not in page


def test_gathering_that_finds_nothing_begins_an_empty_issue(hub: Hub) -> None:
    client = Client()
    client.force_login(hub.users["editor"])
    before = IssuePage.objects.count()
    response = client.post(reverse("newsletters_admin:compose", args=[hub.page.pk]), follow=True)
    assert IssuePage.objects.count() == before + 1
    assert "A draft without stories" in response.content.decode()
    made = IssuePage.objects.order_by("pk").last()
    assert made
    assert [text.locale.language_code for text in made.texts.all()] == ["en", "nl"]


def test_an_issue_can_begin_without_pages_where_some_are_offered_and_where_none_is(hub: Hub) -> None:
    client = Client()
    client.force_login(hub.users["editor"])
    gather = reverse("newsletters_admin:gather-new", args=[hub.page.pk])
    for asked in ({}, {"tags": "unknown"}):
        soup = BeautifulSoup(client.get(gather, asked).content, "html.parser")
        (button,) = soup.select("button[name=empty]")
        form = button.find_parent("form")
        assert form
        sent = {str(each["name"]): each["value"] for each in form.select("input[type=hidden]")}
        before = IssuePage.objects.count()
        for _twice in range(2):
            response = client.post(gather, sent | {"empty": button["value"]}, follow=True)
            assert "A draft without stories" in response.content.decode() or _twice
        assert IssuePage.objects.count() == before + 1
