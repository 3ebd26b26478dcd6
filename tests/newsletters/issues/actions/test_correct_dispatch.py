"""Corrections: while a dispatch is paused, readers without the issue get a better one; nothing sent is edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry

from newsletters.exceptions import CorrectionRefused, NotApproved
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.copy_as_correction import copy_as_correction
from newsletters.issues.actions.correct_dispatch import correct_dispatch
from newsletters.models import Delivery, Dispatch, IssuePage
from newsletters.sending import ledger
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub

WRONG, RIGHT = "Open data for all", "Open data for everybody"


@pytest.fixture
def paused(hub: Hub, work: Any, settings: Any) -> Dispatch:
    """A dispatch to three readers, paused when the first has the issue."""
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BATCH_SIZE": 1, "CLAIM_SIZE": 1}
    hub.subscribe("ann", "bob")
    hub.subscribe("cem", language="nl")
    hub.subscribe("dee", themes=["climate"])
    dispatch = hub.send()
    work(dispatch, FakeTransport())
    ledger.pause(dispatch, why="a wrong title")
    return Dispatch.objects.get(pk=dispatch.pk)


def correct(hub: Hub, dispatch: Dispatch, **words: Any) -> int:
    edit(hub, **words)
    approve(hub)
    return correct_dispatch(dispatch, user=hub.users["approver"], now=hub.now)


def edit(hub: Hub, *, is_lead: bool = False, title: str = RIGHT) -> None:
    stories = [hub.story("open-data", title=title, is_lead=is_lead), hub.story("town-meeting")]
    hub.edit(words={"en": {"subject": "Better"}}, stories=stories)


def approve(hub: Hub) -> None:
    seen = hub.compile().content_hash
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    approve_issue(issue, seen_hash=seen, user=hub.users["approver"], now=timezone.now())


def edition_of(dispatch: Dispatch, name: str) -> Any:
    delivery = dispatch.deliveries.get(subscription__subscriber__email=f"{name}@example.org")
    return delivery.edition


def test_who_waits_gets_the_correction_and_who_has_it_keeps_what_they_got(
    hub: Hub, paused: Dispatch, work: Any
) -> None:
    assert correct(hub, paused) == 2
    (served,) = paused.deliveries.filter(status="accepted")
    assert served.edition
    assert (served.edition.number, WRONG in served.edition.html) == (1, True)
    paused.refresh_from_db()
    assert (paused.status, paused.edition_number) == (Dispatch.Status.PAUSED, 2)
    ledger.resume(paused)
    transport = FakeTransport()
    while work(paused, transport):
        pass
    bob = next(one.data.decode() for one in transport.handovers if one.recipient == "bob@example.org")
    assert RIGHT in bob
    assert "Subject: Better" in bob
    assert edition_of(paused, "bob").number == edition_of(paused, "cem").number == 2
    assert paused.status == Dispatch.Status.FINISHED


def test_the_archive_shows_the_correction(hub: Hub, paused: Dispatch, client: Client) -> None:
    api, online = f"/api/v1/newsletters/letter/issues/{hub.issue.slug}", f"/n/i/{hub.issue.pk}/en"
    edit(hub)
    for address in (api, online):
        assert WRONG in client.get(address).content.decode()  # what is prepared is not public
    approve(hub)
    correct_dispatch(paused, user=hub.users["approver"], now=hub.now)
    english, _dutch = client.get(api).json()["editions"]
    # Only the stories' own titles: the page of each comes with it, under the page's title.
    titles = [block["title"] for block in english["blocks"] if block["type"] == "story"]
    for shown in (str(titles), english["html"], english["text"], client.get(online).content.decode()):
        assert RIGHT in shown
        assert WRONG not in shown
    assert RIGHT in client.get("/api/v1/feed.json").content.decode()  # where the article has its own title


def test_who_had_no_story_before_gets_one_that_the_correction_brings(hub: Hub, paused: Dispatch) -> None:
    assert edition_of(paused, "dee") is None
    assert correct(hub, paused, is_lead=True) == 3
    assert edition_of(paused, "dee").number == 2


def test_a_worker_that_held_an_old_mail_before_the_pause_cannot_hand_it_over_after(hub: Hub, paused: Dispatch) -> None:
    ledger.resume(paused)
    (key,) = ledger.claim(paused, worker="slow", now=hub.now)
    ledger.pause(paused, why="again")
    correct(hub, paused)
    ledger.resume(paused)
    assert not ledger.put_in_flight(key, worker="slow", now=hub.now)
    assert Delivery.objects.get(pk=key).status == Delivery.Status.READY


def test_a_correction_waits_for_what_is_in_flight(hub: Hub, paused: Dispatch) -> None:
    waiting = paused.deliveries.filter(status="ready")
    waiting.filter(pk=waiting[0].pk).update(status="in_flight", leased_until=hub.now, worker="w1")
    with pytest.raises(CorrectionRefused, match="being sent right now"):
        correct(hub, paused)


def test_only_what_was_approved_corrects_and_only_while_the_sending_is_paused(hub: Hub, paused: Dispatch) -> None:
    with pytest.raises(CorrectionRefused, match="Nothing that readers get has changed"):
        correct_dispatch(paused, user=hub.users["approver"], now=hub.now)
    edit(hub)
    with pytest.raises(NotApproved):
        correct_dispatch(paused, user=hub.users["approver"], now=hub.now)
    ledger.resume(paused)
    approve(hub)
    with pytest.raises(CorrectionRefused, match="Pause it first"):
        correct_dispatch(paused, user=hub.users["approver"], now=hub.now)
    assert set(paused.editions.values_list("number", flat=True)) == {1}
    assert IssuePage.objects.get(pk=hub.issue.pk).has_unpublished_changes


def test_staff_correct_on_the_pages(hub: Hub, paused: Dispatch) -> None:
    editor, approver = Client(), Client()
    editor.force_login(hub.users["editor"])
    approver.force_login(hub.users["approver"])
    edit_page = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    review = reverse("newsletters_admin:review", args=[hub.issue.pk])
    assert "you are preparing a correction" in editor.get(edit_page).content.decode()
    assert "has changed since the sending began" in approver.get(review).content.decode()
    edit(hub)
    approver.post(
        reverse("newsletters_admin:approve", args=[hub.issue.pk]), {"content_hash": hub.compile().content_hash}
    )
    assert "Use this correction" in approver.get(review).content.decode()
    page = approver.post(reverse("newsletters_admin:correct", args=[paused.pk]), follow=True).content.decode()
    assert "Corrected: 2 readers" in page
    assert PageLogEntry.objects.filter(action="hub_newsletters.correct", page_id=hub.issue.pk).exists()


def test_a_new_issue_as_a_correction_leaves_the_sent_one_alone(hub: Hub, paused: Dispatch) -> None:
    before = hub.compile().content_hash
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    copies = [copy_as_correction(issue, user=hub.users["editor"], now=hub.now) for _again in range(2)]
    copy = IssuePage.objects.get(pk=copies[0].pk).get_latest_revision_as_object()
    subjects = {text.locale.language_code: text.subject for text in copy.texts.all()}
    assert subjects["en"].startswith("Correction: ")
    assert subjects["nl"].startswith("Rectificatie: ")
    assert (copy.live, copy.is_sent, len(copy.body)) == (False, False, len(issue.body))
    assert copies[1].slug == f"{issue.slug}-correction-2"
    assert hub.compile().content_hash == before
