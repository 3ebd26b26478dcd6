"""A segment from its form to the page of a sending, as staff's browsers ask for it."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.urls import reverse

from newsletters.models import Dispatch, IssuePage, Newsletter, Segment
from newsletters.testing import FakeTransport
from tests.newsletters.audience.segments.test_rules import DUTCH, crowd, make_segment
from tests.newsletters.audience.segments.test_views import FILLED
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub
from tests.newsletters.filling_in import fields_of

__all__ = ["crowd"]


def of_issue(name: str, hub: Hub) -> str:
    return reverse(f"newsletters_admin:{name}", args=[hub.issue.pk])


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True).split())


def form_of(client: Any, hub: Hub) -> tuple[Tag, str]:
    address = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    page = BeautifulSoup(client.get(address).content, "html.parser")
    form = page.select_one("form[data-edit-form]") or page.select_one("#page-edit-form")
    assert form
    return form, address


def test_a_segment_is_made_chosen_approved_sent_shown_and_deleted(
    crowd: Hub, transport: FakeTransport, work: Any
) -> None:
    editor, approver = client_of(crowd, "editor"), client_of(crowd, "approver")
    editor.post(reverse("segments:add", args=[crowd.newsletter.pk]), {**FILLED, "save": "1"})
    segment = Segment.objects.get()

    form, address = form_of(editor, crowd)
    choices = [option.get_text() for option in form.select("select[name=send_to] option")]
    assert choices == ["All readers", "Dutch"]
    editor.post(address, fields_of(form) | {"body-count": "0", "send_to": str(segment.pk)})
    assert crowd.draft().send_to == segment

    review = approver.get(of_issue("review", crowd))
    assert "Dutch : 1 of 4 readers They read it in Nederlands, and follow Data. Together 1 of 4 readers" in text(review)
    shown_hash = BeautifulSoup(review.content, "html.parser").select_one("input[name=content_hash]")
    assert shown_hash
    approver.post(of_issue("approve", crowd), {"content_hash": shown_hash["value"]})
    assert "1 reader , of the segment “Dutch”" in text(approver.get(of_issue("confirm", crowd)))
    approver.post(of_issue("send", crowd))

    dispatch = Dispatch.objects.get()
    work(dispatch, transport)
    assert [handover.recipient for handover in transport.handovers] == ["nel@example.org"]
    editor.post(reverse("segments:delete", args=[segment.pk]))
    assert not Segment.objects.exists()
    sent = text(approver.get(reverse("newsletters_admin:dispatch", args=[dispatch.pk])))
    assert "Sent to Dutch They read it in Nederlands, and follow Data." in sent
    assert "Audience 1" in sent


def test_only_segments_of_the_issues_own_newsletter_can_be_chosen(crowd: Hub) -> None:
    editor = client_of(crowd, "editor")
    other = Newsletter.objects.create(name="Other", slug="other", sender_email="a@hub.test", reply_to="a@hub.test")
    foreign = Segment.objects.create(newsletter=other, name="Foreign", conditions=[])
    form, address = form_of(editor, crowd)
    assert "Foreign" not in form.get_text()
    page = editor.post(address, fields_of(form) | {"body-count": "0", "not_to": str(foreign.pk)}).content.decode()
    assert "Select a valid choice" in page
    assert crowd.draft().not_to is None


def test_recipients_cannot_be_changed_once_the_issue_is_being_sent(crowd: Hub) -> None:
    crowd.send()
    Dispatch.objects.update(status="paused")
    form, _address = form_of(client_of(crowd, "editor"), crowd)
    assert all(field.has_attr("disabled") for field in form.select("select[name=send_to], select[name=not_to]"))


def test_deleting_asks_first_and_names_the_issues_that_need_it(crowd: Hub) -> None:
    editor, segment = client_of(crowd, "editor"), make_segment(crowd, "Dutch", DUTCH)
    address = reverse("segments:delete", args=[segment.pk])
    assert "Yes, delete the segment" in text(editor.get(address))
    issue = crowd.draft()
    issue.not_to = segment
    issue.save_revision()
    asked = text(editor.get(address))
    assert crowd.issue.title in asked
    assert "Yes, delete" not in asked
    assert "not to be sent to it" in text(editor.post(address, follow=True))
    assert crowd.issue.title in text(editor.get(reverse("segments:edit", args=[segment.pk])))
    assert Segment.objects.exists()


@pytest.mark.parametrize("name", ["review", "confirm"])
def test_an_issue_for_all_readers_shows_no_segment(crowd: Hub, name: str) -> None:
    page = text(client_of(crowd, "approver").get(of_issue(name, crowd)))
    assert IssuePage.objects.get(pk=crowd.issue.pk).title in page
    assert "Together" not in page
    assert "segment" not in page
