"""Starting to send: what is refused, and what is frozen from then on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry, PageLogEntry

from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.editions.compile_edition import CompiledEdition, compile_edition
from newsletters.editions.content import IssueContent
from newsletters.exceptions import AlreadySent, EverybodyPaused, NoAudience, NotApproved
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.models import Approval, Delivery, Dispatch, Edition, IssuePage, Subscription, ThemeSet
from newsletters.sending import ledger
from newsletters.sending.ledger.status import ledger_status
from tests.newsletters.conftest import delivery_to, edition_for, states


def test_without_subscribers_there_is_no_audience_and_nothing_is_saved(hub: Any) -> None:
    hub.subscribe("ann", status=Subscription.Status.ENDED)
    hub.subscribe("bob", status=Subscription.Status.ENDED)
    hub.approve()
    with pytest.raises(NoAudience, match="The Letter"):
        hub.start()
    assert (Dispatch.objects.count(), Edition.objects.count(), Delivery.objects.count()) == (0, 0, 0)
    assert not IssuePage.objects.get(pk=hub.issue.pk).live


def test_if_all_readers_have_paused_that_is_said(hub: Any) -> None:
    (ann,) = hub.subscribe("ann")
    hub.subscribe("bob", status=Subscription.Status.ENDED)
    hub.approve()
    pause_subscriptions(ann.subscriber, until=date(2099, 1, 1), now=hub.now)
    with pytest.raises(EverybodyPaused):
        hub.start()
    with pytest.raises(EverybodyPaused):
        schedule_issue(hub.issue, send_at=hub.now + timedelta(days=1), user=hub.users["administrator"], now=hub.now)
    client = Client()
    client.force_login(hub.users["administrator"])
    review = reverse("newsletters_admin:review", args=[hub.issue.pk])
    assert "all readers have paused the newsletter" in client.get(review).content.decode()
    pause_subscriptions(ann.subscriber, until=None, now=hub.now)
    assert hub.start().audience == 1


def test_asking_twice_sends_once(hub: Any) -> None:
    hub.subscribe("ann")
    first = hub.send()
    with pytest.raises(AlreadySent):
        hub.start()
    assert Dispatch.objects.get() == first
    assert Delivery.objects.count() == 1


def test_what_nobody_approved_is_not_sent(hub: Any) -> None:
    hub.subscribe("ann")
    Approval.objects.all().delete()
    with pytest.raises(NotApproved):
        hub.start()
    assert Dispatch.objects.count() == 0


CHANGES: dict[str, Any] = {
    "subject": {"words": {"nl": {"subject": "Another"}}},
    "preheader": {"words": {"en": {"preheader": "Another"}}},
    "intro": {"words": {"en": {"intro": "<p>Another</p>"}}},
    "stories": {"stories": []},
}


@pytest.mark.parametrize("change", ["subject", "preheader", "intro"])
def test_any_change_after_the_approval_voids_it(hub: Any, change: str) -> None:
    hub.subscribe("ann")
    hub.approve()
    hub.edit(**CHANGES[change])
    with pytest.raises(NotApproved):
        hub.start()
    assert Dispatch.objects.count() == 0


def test_a_change_of_a_storys_page_address_or_of_the_sender_voids_the_approval(hub: Any) -> None:
    hub.subscribe("ann")
    hub.approve()
    hub.newsletter.postal_address = "Somewhere else"
    hub.newsletter.save()
    with pytest.raises(NotApproved):
        hub.start()


def test_changing_it_back_makes_the_approval_valid_again(hub: Any) -> None:
    hub.subscribe("ann")
    hub.approve()
    subject = hub.draft().texts.get(locale=hub.locales["en"]).subject
    hub.edit(words={"en": {"subject": "Another"}})
    hub.edit(words={"en": {"subject": subject}})
    assert hub.start().status == Dispatch.Status.SENDING


def test_approving_what_was_changed_meanwhile_is_refused(hub: Any) -> None:
    seen = hub.compile().content_hash
    hub.edit(words={"en": {"subject": "Another"}})
    with pytest.raises(NotApproved):
        approve_issue(hub.draft(), seen_hash=seen, user=hub.users["approver"], now=hub.now)
    assert not Approval.objects.exclude(content_hash=seen).exists()


def test_the_number_of_queries_does_not_depend_on_the_audience(hub: Any, monkeypatch: Any) -> None:
    # Publishing records content changes; now and then old records are deleted, which takes two more queries.
    monkeypatch.setattr("cms.models.change.ROWS_BETWEEN_PRUNINGS", 2**62)

    def cost(*names: str) -> int:
        hub.subscribe(*names)
        hub.subscribe(*names, themes=["power"], domain="example.net")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            dispatch = hub.start()
        ledger.cancel(dispatch, now=hub.now)
        return len(queries)

    hub.approve()
    hub.subscribe("warm")
    ledger.cancel(hub.start(), now=hub.now)
    few = cost("ann", "bob", "cem", "dee", "eva")
    many = cost(*(f"reader{number}" for number in range(95)))
    assert few == many
    assert Dispatch.objects.latest("pk").deliveries.count() == 201


def test_one_edition_is_compiled_for_each_variant_and_one_full_one_for_each_language(
    hub: Any, monkeypatch: Any
) -> None:
    import newsletters.issues.actions.freeze_audience as module

    compiled: list[dict[str, Any]] = []

    def compile_and_note(content: IssueContent, **options: Any) -> CompiledEdition:
        compiled.append(options)
        return compile_edition(content, **options)

    monkeypatch.setattr(module, "compile_edition", compile_and_note)
    hub.subscribe("ann", "bob", "cem", themes=["data"])
    hub.subscribe("dee", "eva", themes=["data", "power"])
    hub.subscribe("finn", "gus", language="nl", themes=["power"])
    dispatch = hub.send()
    variants = {(edition.locale.language_code, str(edition.theme_set)) for edition in dispatch.editions.all()}
    assert variants == {
        ("en", "Data"),
        ("en", "Data, Civic power"),
        ("nl", "Civic power"),
        ("en", "None"),
        ("nl", "None"),
    }
    assert len(compiled) == 3
    assert delivery_to("ann", dispatch).edition == delivery_to("cem", dispatch).edition
    assert delivery_to("ann", dispatch).edition != delivery_to("dee", dispatch).edition


def test_who_follows_no_theme_of_a_story_is_excluded_with_the_reason(hub: Any, transport: Any, work: Any) -> None:
    hub.subscribe("ann", themes=["climate"])
    hub.subscribe("bob", themes=["climate", "data"])
    dispatch = hub.send()
    assert states(dispatch) == {"excluded": 1, "ready": 1}
    assert ledger_status(dispatch).excluded == {"no_stories": 1}
    work(dispatch, transport)
    assert transport.recipients == ["bob@example.org"]
    assert dispatch.status == Dispatch.Status.FINISHED


@pytest.mark.parametrize("after", ["variants", "insert_deliveries"])
@pytest.mark.parametrize(
    ("themes", "gets"),
    [
        (["power"], "Civic power"),  # nobody else's: an edition is made
        (["data"], "Data"),  # Ann's
        ([], None),
    ],
)
def test_who_chooses_other_themes_while_the_audience_is_frozen_gets_those(
    hub: Any, monkeypatch: Any, after: str, themes: list[str], gets: str | None
) -> None:
    import newsletters.issues.actions.freeze_audience as module

    hub.subscribe("ann", themes=["data"])
    (bob,) = hub.subscribe("bob", themes=["climate"])
    original = getattr(module, after)

    def choose(*args: Any, **options: Any) -> Any:
        found = original(*args, **options)
        bob.theme_set = ThemeSet.of([hub.themes[slug] for slug in themes])
        bob.save()
        return found

    monkeypatch.setattr(module, after, choose)
    dispatch = hub.send()
    edition = delivery_to("bob", dispatch).edition
    assert (edition and str(edition.theme_set)) == gets
    assert states(dispatch) == ({"ready": 2} if gets else {"ready": 1, "excluded": 1})
    theme_set = edition_for("ann", dispatch).theme_set
    assert theme_set
    assert theme_set.key == "data"


def test_with_a_lead_story_nobody_is_excluded(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", is_lead=True)])
    hub.subscribe("ann", themes=["climate"])
    assert states(hub.send()) == {"ready": 1}


def test_who_reads_a_language_that_the_newsletter_is_not_written_in_is_not_in_the_audience(hub: Any) -> None:
    hub.subscribe("ann")
    hub.subscribe("bob", language="nl")
    hub.newsletter.texts = [hub.newsletter.text_in(hub.locales["en"])]
    hub.newsletter.save()
    dispatch = hub.send()
    assert [d.subscription.subscriber.email for d in dispatch.deliveries.all()] == ["ann@example.org"]


def test_changing_a_page_after_sending_changes_neither_the_editions_nor_the_api(
    hub: Any, client: Any, transport: Any, work: Any
) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    address = f"/api/v1/newsletters/letter/issues/{hub.issue.slug}"
    before = _without_links(client.get(address).json())
    assert "Open data for all" in before
    page = hub.articles["open-data"]["en"]
    page.title = page.summary = page.slug = "changed"
    page.save()
    page.unpublish()
    hub.newsletter.sender_name = "Changed"
    hub.newsletter.save()
    assert _without_links(client.get(address).json()) == before
    work(dispatch, transport)
    assert b"Open data for all" in transport.handovers[0].data
    assert b"/open-data/" in transport.handovers[0].data


def _without_links(issue: Any) -> str:
    """Return an answer of the API without the pages that its stories link to, which show their current state."""
    for block in (block for edition in issue["editions"] for block in edition["blocks"]):
        block.pop("page", None)
    return json.dumps(issue)


def test_who_subscribes_after_the_start_is_not_in_the_audience(hub: Any, transport: Any, work: Any) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    hub.subscribe("late")
    work(dispatch, transport)
    assert transport.recipients == ["ann@example.org"]


def test_changing_ones_themes_after_the_start_changes_the_next_issue_only(hub: Any, transport: Any, work: Any) -> None:
    (ann,) = hub.subscribe("ann", themes=["data"])
    dispatch = hub.send()
    Subscription.objects.filter(pk=ann.pk).update(locale=hub.locales["nl"])
    work(dispatch, transport)
    assert b"Open data for all" in transport.handovers[0].data


def test_sending_makes_the_issue_public_and_stands_in_the_audit_log(hub: Any) -> None:
    hub.subscribe("ann")
    hub.approve()
    hub.start()
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    assert issue.live
    entries = PageLogEntry.objects.filter(page_id=issue.pk)
    actions = dict(entries.values_list("action", "user__username"))
    assert actions["hub_newsletters.approve"] == actions["hub_newsletters.send"] == "approver"
    assert {entry.formatter.format_message(entry) for entry in entries if entry.action.startswith("hub_")} == {
        "Approved for sending",
        "Sending started",
    }
    assert ModelLogEntry.objects.count() == 0
