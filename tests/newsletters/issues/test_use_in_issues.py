"""Before something is removed that an issue uses, the admin says which issue and when it will be sent."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from wagtail.documents.models import Document
from wagtail.models import Page
from wagtail.users.models import UserProfile

from newsletters.issues.actions.schedule_issue import schedule_issue
from newsletters.models import IssuePage, Schedule
from tests.newsletters.building import Hub
from tests.newsletters.filling_in import fields_of


@pytest.fixture
def boss(hub: Hub) -> Client:
    client = Client()
    client.force_login(hub.users["administrator"])
    return client


@pytest.fixture
def english(hub: Hub) -> Any:
    return hub.articles["open-data"]["en"]


@pytest.fixture
def scheduled(hub: Hub) -> Schedule:
    hub.subscribe("ann")
    hub.edit(words={code: {"subject": "What moves"} for code in ("en", "nl")})
    hub.approve()
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    return schedule_issue(issue, send_at=hub.now + timedelta(days=2), user=hub.users["approver"], now=hub.now)


def address(which: str, page: Page) -> str:
    addresses: dict[str, Callable[[], str]] = {
        "delete": lambda: reverse("wagtailadmin_pages:delete", args=[page.pk]),
        "delete what is above": lambda: reverse("wagtailadmin_pages:delete", args=[page.get_parent().pk]),
        "unpublish": lambda: reverse("wagtailadmin_pages:unpublish", args=[page.pk]),
        "move": lambda: reverse("wagtailadmin_pages:move_confirm", args=[page.pk, page.get_parent().get_parent().pk]),
        "hide": lambda: reverse("wagtailadmin_pages:set_privacy", args=[page.pk]),
        "hide what is above": lambda: reverse("wagtailadmin_pages:set_privacy", args=[page.get_parent().pk]),
    } | {
        f"{action} several": lambda action=action: (
            reverse("wagtail_bulk_action", args=["wagtailcore", "page", action]) + f"?id={page.pk}"
        )
        for action in ("delete", "unpublish", "move")
    }
    return addresses[which]()


WAYS = [
    *("delete", "delete what is above", "unpublish", "move", "hide", "hide what is above"),
    *("delete several", "unpublish several", "move several"),
]


def said(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    if "json" in answer["Content-Type"]:
        return html.unescape(json.loads(answer.content)["html"])
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_it_says_when_an_issue_with_the_page_is_sent(
    boss: Client, scheduled: Schedule, english: Page, hub: Hub, way: str, language: str
) -> None:
    UserProfile.objects.update_or_create(user=hub.users["administrator"], defaults={"preferred_language": language})
    page = said(boss, address(way, english))
    expected = {
        "en": "uses “Open data for all”",
        "nl": "gebruikt “Open data for all”",
    }[language]
    assert f"“{hub.issue.title}” {expected}" in page
    assert "approval becomes void" in page or "vervalt de goedkeuring" in page
    assert reverse("newsletters_admin:review", args=[hub.issue.pk]) in page


def test_a_translation_counts_and_so_does_an_approved_issue(boss: Client, hub: Hub) -> None:
    page = said(boss, address("unpublish", hub.articles["open-data"]["nl"]))
    assert "uses “Open data voor iedereen” and is approved" in page


def test_a_page_counts_in_the_languages_in_which_it_is_told(boss: Client, hub: Hub, english: Page) -> None:
    dutch = hub.articles["open-data"]["nl"]
    story = hub.story("open-data")
    hub.edit(stories=[{**story, "texts": story["texts"][1:]}, hub.story("town-meeting")])
    hub.approve()
    assert "uses “Open data voor iedereen” and is approved" in said(boss, address("unpublish", dutch))
    assert "uses “" not in said(boss, address("unpublish", english))
    assert "uses “Open data for all” and is approved" in said(boss, address("delete", english)), "its story goes along"


def leave_out_of_the_issue(hub: Hub) -> None:
    issue = hub.draft()
    issue.texts = [text for text in issue.texts.all() if text.locale.language_code == "en"]
    issue.save_revision()


def leave_out_of_the_newsletter(hub: Hub) -> None:
    hub.newsletter.texts.filter(locale__language_code="nl").delete()


def forget_what_the_pages_say(hub: Hub) -> None:
    issue = hub.edit(stories=[hub.story("open-data", title="")])
    issue.remembered = {key: {"en": words["en"]} for key, words in issue.remembered.items()}
    issue.save_revision()


@pytest.mark.parametrize("leave_out", [leave_out_of_the_issue, leave_out_of_the_newsletter, forget_what_the_pages_say])
def test_a_page_does_not_count_in_a_language_that_the_issue_leaves_out(
    boss: Client, hub: Hub, english: Page, leave_out: Callable[[Hub], None]
) -> None:
    leave_out(hub)
    assert "uses “Open data for all”" in said(boss, address("unpublish", english))
    assert "uses “" not in said(boss, address("unpublish", hub.articles["open-data"]["nl"]))


def test_a_link_counts_for_the_page_that_it_leads_to(boss: Client, hub: Hub, english: Page) -> None:
    dutch = hub.articles["open-data"]["nl"]
    intro = f'<p><a linktype="page" id="{english.pk}">Open data</a></p>'
    hub.edit(words={"nl": {"intro": intro}}, stories=[hub.story("town-meeting")])
    assert "uses “Open data voor iedereen”" in said(boss, address("unpublish", dutch))
    assert "uses “" not in said(boss, address("unpublish", english))
    dutch.unpublish()
    assert "uses “Open data for all”" in said(boss, address("unpublish", english))


@pytest.mark.parametrize("way", ["unpublish", "unpublish several"])
def test_an_alias_that_goes_with_its_page_counts(boss: Client, hub: Hub, english: Page, way: str) -> None:
    alias = english.create_alias(update_slug="open-data-again")
    hub.edit(stories=[{**hub.story("town-meeting"), "page": alias}])
    assert "uses “Open data for all”" in said(boss, address(way, english))
    boss.post(address("unpublish", english))
    alias.refresh_from_db()
    assert not alias.live
    assert "uses “" not in said(boss, address("delete", english)), "an alias stays when its page is deleted"


def test_of_a_draft_it_is_said_more_softly(boss: Client, hub: Hub, english: Page) -> None:
    hub.edit(words={"en": {"subject": "Changed"}})
    page = said(boss, address("delete", english))
    assert "which is not approved yet, uses “Open data for all”" in page
    assert "approval becomes void" not in page


def test_what_no_issue_uses_and_what_was_sent_goes_without_a_word(boss: Client, hub: Hub, english: Page) -> None:
    assert "The issue" not in said(boss, reverse("wagtailadmin_pages:unpublish", args=[hub.page.pk]))
    hub.subscribe("ann")
    hub.edit(words={code: {"subject": "What moves"} for code in ("en", "nl")})
    hub.send()
    assert "The issue" not in said(boss, address("delete", english))


@pytest.mark.parametrize("way", ["unpublish", "hide", "unpublish several"])
def test_of_a_sent_issue_it_is_said_that_its_mails_lead_to_it(boss: Client, hub: Hub, way: str) -> None:
    words = "“View online” in its mails leads nowhere"
    assert words not in said(boss, address("hide", hub.issue))
    hub.subscribe("ann")
    hub.send()
    assert words in said(boss, address(way, hub.issue))


def test_pictures_documents_and_themes_of_an_issue_are_named(
    boss: Client, hub: Hub, make_picture: Callable[..., Any]
) -> None:
    picture, own, other = (make_picture(name) for name in ("Map", "Hall", "Nowhere"))
    english = hub.articles["open-data"]["en"]
    english.image = picture
    english.save()
    document = Document.objects.create(title="Report", file="report.pdf")
    intro = f'<p><a linktype="document" id="{document.pk}">The report</a></p>'
    hub.edit(words={"en": {"intro": intro}}, stories=[hub.story("open-data"), hub.story("town-meeting", image=own)])
    for image, is_used in ((picture, True), (own, True), (other, False)):
        assert ("uses “" in said(boss, reverse("wagtailimages:delete", args=[image.pk]))) is is_used
    assert "uses “Report”" in said(boss, reverse("wagtaildocs:delete", args=[document.pk]))
    private = reverse("wagtailadmin_collections:set_privacy", args=[own.collection_id])
    assert "uses “Map”, “Hall”, “Report”" in said(boss, private)
    theme = reverse("wagtailsnippets_hub_cms_theme:delete", args=[hub.themes["data"].pk])
    assert "uses “Data”" in said(boss, theme)
    unused = reverse("wagtailsnippets_hub_cms_theme:delete", args=[hub.themes["climate"].pk])
    assert "uses “" not in said(boss, unused)


def test_a_page_that_expires_before_its_issue_is_sent_is_told(
    boss: Client, scheduled: Schedule, hub: Hub, english: Page
) -> None:
    early = edit(boss, english, expire_at=f"{hub.now + timedelta(days=1):%Y-%m-%d %H:%M}")
    assert f"before the issue “{hub.issue.title}”, which uses it, is sent on {scheduled.at}" in early
    assert "expires on" not in edit(boss, english, expire_at=f"{hub.now + timedelta(days=9):%Y-%m-%d %H:%M}")
    hub.edit(words={"en": {"subject": "Changed"}})
    Schedule.objects.all().delete()
    assert "can no longer use it" in edit(boss, english, expire_at=f"{hub.now + timedelta(days=9):%Y-%m-%d %H:%M}")


def edit(client: Client, page: Page, **changes: str) -> str:
    """Save a draft of the page with these changes, and return what the editor says then."""
    path = reverse("wagtailadmin_pages:edit", args=[page.pk])
    soup = BeautifulSoup(client.get(path).content, "html.parser")
    form = fields_of(soup.select_one("form[data-edit-form]")) | {"body-count": "0"}
    answer = client.post(path, form | changes, follow=True)
    return html.unescape(answer.content.decode())


def test_a_story_whose_page_was_deleted_keeps_its_name_in_the_editor(boss: Client, hub: Hub, english: Page) -> None:
    hub.edit(stories=[hub.story("open-data", title=""), hub.story("town-meeting")])
    hub.articles["open-data"]["nl"].delete()
    english.delete()
    editor = boss.get(reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])).content.decode()
    assert "Deleted, so left out of the mail: “Open data for all”" in " ".join(editor.split())
    assert '"labels": ["page was deleted"], "words": {}, "name": "Open data for all"' in editor
    checks = boss.get(reverse("newsletters_admin:checks", args=[hub.issue.pk])).content.decode()
    assert "Open data for all" in checks


def test_who_may_not_do_it_reads_nothing_of_it(hub: Hub, english: Page) -> None:
    outsider = Client()
    outsider.force_login(hub.users["outsider"])
    for way in ("delete", "hide", "delete several"):
        answer = outsider.get(address(way, english), follow=True)
        assert hub.issue.title not in answer.content.decode()
    assert hub.issue.title not in Client().get(address("delete", english), follow=True).content.decode()


def test_deleting_a_theme_says_how_many_readers_follow_it(hub: Hub, boss: Client) -> None:
    hub.subscribe("ann", "bob", themes=["climate"])
    address = reverse("wagtailsnippets_hub_cms_theme:delete", args=[hub.themes["climate"].pk])
    assert "2 readers follow" in said(boss, address)
