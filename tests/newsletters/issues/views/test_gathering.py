"""The page on which editors choose pages: what it offers, what it proposes, and the effect of the choice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction
from wagtail.users.models import UserProfile

from newsletters.issues.actions.compose_issue import gather_into
from newsletters.models import IssuePage
from tests.conftest import add_page
from tests.newsletters.test_admin import outcome
from themes.models import ActivityPage, ArticlePage


@pytest.fixture
def editor(hub: Any) -> Client:
    client = Client()
    client.force_login(hub.users["editor"])
    return client


@pytest.fixture
def add_article(hub: Any) -> Any:
    """Publish an article under a theme: add_article("New", hours_ago=1)."""

    def add(title: str, *, theme: str = "data", hours_ago: float = 1, live: bool = True, **fields: Any) -> ArticlePage:
        at = hub.now - timedelta(hours=hours_ago)
        page = ArticlePage(title=title, slug=title.lower().replace(" ", "-"), summary="Why it matters.", **fields)
        add_page(hub.sections[theme], page, first_published_at=at, live=live)
        page.themes.add(hub.themes[theme])
        page.save()
        return page

    return add


def for_new(hub: Any) -> str:
    return reverse("newsletters_admin:gather-new", args=[hub.page.pk])


def for_issue(hub: Any) -> str:
    return reverse("newsletters_admin:gather", args=[hub.issue.pk])


def offered(client: Client, address: str, **asked: Any) -> dict[str, bool]:
    """Return the titles on offer, and whether each is ticked."""
    response = client.get(address, asked)
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    rows = {item.select_one(".hub-gather-title"): item.select_one("input") for item in soup.select("li[data-words]")}
    return {title.get_text(): box.has_attr("checked") for title, box in rows.items() if title and box}


def words_of(client: Client, address: str, title: str, **asked: Any) -> str:
    soup = BeautifulSoup(client.get(address, asked).content, "html.parser")
    found = soup.find(class_="hub-gather-title", string=title)
    assert found
    item = found.find_parent("li")
    assert item
    return " ".join(item.get_text(" ").split())


def titles(issue: IssuePage) -> list[str]:
    return [
        block.value["texts"][0]["title"]
        for block in IssuePage.objects.get(pk=issue.pk).get_latest_revision_as_object().body
    ]


def test_new_pages_are_ticked_by_theme_the_newest_first_and_what_is_to_come_by_time(
    hub: Any, editor: Client, add_article: Any
) -> None:
    add_article("Older data", hours_ago=3)
    add_article("Newer data", hours_ago=2)
    add_article("On power", theme="power", hours_ago=9)
    for days in (9, 3):
        starts_at = hub.now + timedelta(days=days)
        add_page(
            hub.sections["data"],
            ActivityPage(title=f"In {days}", slug=f"in-{days}", starts_at=starts_at, ends_at=starts_at),
        )
    new = {title: ticked for title, ticked in offered(editor, for_new(hub)).items() if ticked}
    assert list(new) == ["Newer data", "Older data", "On power", "In 3", "In 9"]


def test_what_an_issue_tells_is_offered_with_a_link_and_not_ticked(hub: Any, editor: Client) -> None:
    assert offered(editor, for_new(hub)) == {"Open data for all": False, "A town meeting": False, "Open day": False}
    assert f"already in “{hub.issue.title}" in words_of(editor, for_new(hub), "Open day")
    review = reverse("newsletters_admin:review", args=[hub.issue.pk])
    assert review in editor.get(for_new(hub)).content.decode()


def test_nothing_private_draft_or_expired_is_offered_or_can_be_posted(
    hub: Any, editor: Client, add_article: Any
) -> None:
    hidden = [
        add_article("A draft", live=False),
        add_article("Expired", expire_at=hub.now - timedelta(minutes=1)),
        add_article("Private"),
    ]
    PageViewRestriction.objects.create(page=hidden[2], restriction_type="login")
    assert not {"A draft", "Expired", "Private"} & offered(editor, for_issue(hub)).keys()
    before = titles(hub.issue)
    editor.post(for_issue(hub), {"chosen": [str(page.translation_key) for page in hidden]})
    assert titles(hub.issue) == before


def test_time_themes_tags_and_types_narrow_the_list(hub: Any, editor: Client, add_article: Any) -> None:
    add_article("Last year", hours_ago=24 * 300)
    add_article("On power", theme="power")
    tagged = add_article("Tagged")
    tagged.tags.add("spring")
    tagged.save()
    everything = offered(editor, for_new(hub)).keys()
    assert {"On power", "Tagged", "Open day"} <= everything
    assert "Last year" not in everything
    long_ago = (timezone.localdate(hub.now) - timedelta(days=365)).isoformat()
    assert "Last year" in offered(editor, for_new(hub), since=long_ago)
    assert offered(editor, for_new(hub), themes="power").keys() == {"On power", "A town meeting"}
    assert offered(editor, for_new(hub), tags="spring").keys() == {"Tagged"}
    assert offered(editor, for_new(hub), tags="unknown").keys() == set()
    assert offered(editor, for_new(hub), types="activity").keys() == {"Open day"}


def test_a_language_that_is_missing_is_named(hub: Any, editor: Client, add_article: Any) -> None:
    add_article("English only")
    assert "not in Nederlands" in words_of(editor, for_new(hub), "English only")
    assert "not in" not in words_of(editor, for_new(hub), "Open day")


def test_titles_are_in_the_editors_language_where_the_page_is(hub: Any, editor: Client, add_article: Any) -> None:
    add_article("English only", hours_ago=1)
    UserProfile.objects.update_or_create(user=hub.users["editor"], defaults={"preferred_language": "nl"})
    hub.issue.delete()
    titles = offered(editor, for_new(hub))
    assert {"Open data voor iedereen", "English only"} <= titles.keys()
    assert "Open data for all" not in titles


def test_an_empty_list_says_what_to_do(hub: Any, editor: Client) -> None:
    tomorrow = (timezone.localdate(hub.now) + timedelta(days=2)).isoformat()
    page = editor.get(for_new(hub), {"since": tomorrow, "until": tomorrow}).content.decode()
    assert "No page fits" in page
    assert "choose an earlier first day" in page


def test_a_wrong_day_is_explained(hub: Any, editor: Client) -> None:
    page = editor.get(for_new(hub), {"since": "2026-02-02", "until": "2026-02-01"}).content.decode()
    assert "This day is before the first day." in page


def test_one_click_fills_a_new_issue_and_a_second_click_makes_no_other(
    hub: Any, editor: Client, add_article: Any
) -> None:
    new = add_article("New")
    soup = BeautifulSoup(editor.get(for_new(hub)).content, "html.parser")
    form = soup.select_one("form#gather")
    assert form
    data = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    data["chosen"] = str(new.translation_key)
    first = editor.post(for_new(hub), data)
    made = IssuePage.objects.order_by("pk").last()
    assert made
    assert first.headers["Location"] == reverse("wagtailadmin_pages:edit", args=[made.pk])
    assert titles(made) == ["New"]
    assert editor.post(for_new(hub), data).headers["Location"] == first.headers["Location"]
    assert IssuePage.objects.count() == 2


def test_adding_keeps_what_the_editor_did(hub: Any, editor: Client, add_article: Any) -> None:
    quote = ("quote", {"texts": [{"language": "en", "quote": "Say it", "attribution": ""}]})
    hub.edit(stories=[hub.story("town-meeting", title="My words"), quote, hub.story("open-data")])
    new = add_article("New")
    keys = [str(page.translation_key) for page in (new, hub.articles["town-meeting"]["en"])]
    before = [block.id for block in hub.draft().body]
    editor.post(for_issue(hub), {"chosen": keys})
    draft = hub.draft()
    assert [block.id for block in draft.body][:3] == before
    assert [block.block_type for block in draft.body] == ["story", "quote", "story", "story"]
    assert draft.body[0].value["texts"][0]["title"] == "My words"
    assert draft.body[3].value["page"].title == "New"
    assert not draft.body[3].value["is_lead"]
    editor.post(for_issue(hub), {"chosen": keys})  # a second click
    assert len(hub.draft().body) == 4


def test_what_was_dropped_is_offered_unticked_and_says_so(hub: Any, editor: Client, add_article: Any) -> None:
    hub.edit(stories=[hub.story("town-meeting")])
    add_article("New")
    assert offered(editor, for_issue(hub)) == {"New": True, "Open data for all": False, "Open day": False}
    assert "dropped before" in words_of(editor, for_issue(hub), "Open day")
    editor.post(for_issue(hub), {"chosen": [str(hub.articles["open-day"]["en"].translation_key)]})
    assert titles(hub.issue) == ["A town meeting", "Open day"]


def test_what_readers_had_is_told_again_by_hand_only_with_a_warning(hub: Any, editor: Client, add_article: Any) -> None:
    hub.subscribe("ann")
    hub.send()
    add_article("New")
    second = editor.post(for_new(hub), {"chosen": [str(ArticlePage.objects.get(title="New").translation_key)]})
    hub.issue = IssuePage.objects.order_by("-pk")[0]
    assert second.status_code == 302
    long_ago = (timezone.localdate(hub.now) - timedelta(days=30)).isoformat()
    assert "Readers have had this before." in words_of(editor, for_issue(hub), "Open data for all", since=long_ago)
    key = str(hub.articles["open-data"]["en"].translation_key)
    page = editor.post(for_issue(hub), {"chosen": [key]}, follow=True).content.decode()
    assert "Readers have had one of them before: “Open data for all”." in page
    assert titles(hub.issue) == ["New", "Open data for all"]


def test_who_may_not_edit_adds_nothing(hub: Any, add_article: Any) -> None:
    chosen = {"chosen": [str(add_article("New").translation_key)]}
    client = Client()
    for name in ("outsider", "approver"):
        client.force_login(hub.users[name])
        assert outcome(client.post(for_new(hub), chosen)) == "away"
    client.force_login(hub.users["outsider"])
    assert outcome(client.post(for_issue(hub), chosen)) == "away"
    assert "New" not in titles(hub.issue)


def test_more_candidates_cost_no_more_queries_to_look_at_or_to_gather(
    hub: Any, editor: Client, add_article: Any, make_picture: Any
) -> None:
    def look() -> None:
        assert editor.get(for_issue(hub)).status_code == 200

    def queries(act: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            act()
        return len(captured)

    def add(count: int) -> list[str]:
        pages = [
            add_article(f"Article {count}-{number}", image=make_picture(f"Picture {count}-{number}"))
            for number in range(count)
        ]
        look()  # pictures are cut once
        return [str(page.translation_key) for page in pages]

    def gather(keys: list[str]) -> Any:
        return lambda: gather_into(hub.draft(), user=hub.users["editor"], now=hub.now, chosen=keys)

    few = add(2)
    look_at_few = queries(look)
    many = add(8)
    assert queries(look) == look_at_few
    gather_few = queries(gather(few))
    assert queries(gather(many)) <= gather_few + 1  # the pages of the stories that are there by now
