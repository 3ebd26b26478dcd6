"""A page changes after it was gathered: the issue stays the same, says so, and adopts the change on request."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletters.issues.story_updates import StoryState, story_states
from newsletters.models import IssuePage
from tests.newsletters.test_admin import outcome


@pytest.fixture
def editor(hub: Any) -> Client:
    client = Client()
    client.force_login(hub.users["editor"])
    return client


def change(hub: Any, key: str, *, language: str = "en", **fields: Any) -> None:
    page = hub.articles[key][language]
    for name, value in fields.items():
        setattr(page, name, value)
    page.save()


def states(hub: Any) -> dict[str, StoryState]:
    return {state.title: state for state in story_states(hub.draft(), site=hub.site, now=hub.now)}


def address(hub: Any) -> str:
    return reverse("newsletters_admin:updates", args=[hub.issue.pk])


def told(hub: Any, key: str) -> dict[str, dict[str, str]]:
    (block,) = [block for block in hub.draft().body if block.value["page"].slug == key]
    return {row["language"]: dict(row) for row in block.value["texts"]}


def test_a_changed_page_changes_nothing_in_silence(hub: Any, make_picture: Any) -> None:
    before = hub.compile().content_hash
    change(hub, "open-data", title="Another title", summary="Another teaser", image=make_picture("New"))
    hub.articles["town-meeting"]["nl"].unpublish()
    found = states(hub)
    changed = found["Another title"]
    assert [(each.language, each.field, each.old, each.new) for each in changed.words] == [
        ("en", "title", "Open data for all", "Another title"),
        ("en", "teaser", "Summary of open-data in en.", "Another teaser"),
    ]
    assert [each.language for each in changed.pictures] == ["en"]
    assert found["A town meeting"].hidden == ("nl",)
    assert not found["Open day"].has_changed
    hub.articles["town-meeting"]["nl"].save_revision().publish()
    assert hub.compile().content_hash == before


def test_empty_words_are_the_pages_as_they_were(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", title="", teaser=""), hub.story("town-meeting")])
    change(hub, "open-data", title="Another title")
    text = hub.compile().editions[hub.locales["en"]].text
    assert "Open data for all" in text
    assert "Summary of open-data in en." in text
    assert "Another title" not in text


def test_a_story_can_go_without_its_teaser(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data") | {"without_teaser": True}, hub.story("town-meeting")])
    assert "Summary of open-data" not in hub.compile().editions[hub.locales["en"]].text


def test_updating_takes_over_the_pages_words_and_keeps_the_editors(hub: Any, editor: Client) -> None:
    hub.edit(stories=[hub.story("open-data", title="My title"), hub.story("town-meeting")])
    change(hub, "open-data", title="Another title", summary="Another teaser")
    change(hub, "town-meeting", title="A city meeting")
    page = editor.get(address(hub)).content.decode()
    assert "My title" in page
    assert "your words, which stay" in page
    assert editor.get(reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])).content.count(b"2 stories have changed")
    key = str(hub.articles["open-data"]["en"].translation_key)
    editor.post(address(hub), {"only": key})
    assert (told(hub, "open-data")["en"]["title"], told(hub, "open-data")["en"]["teaser"]) == (
        "My title",
        "Another teaser",
    )
    assert told(hub, "town-meeting")["en"]["title"] == "A town meeting"
    done = editor.post(address(hub))
    assert done.headers["Location"] == reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    assert told(hub, "town-meeting")["en"]["title"] == "A city meeting"
    assert not any(state.has_changed for state in states(hub).values())


def test_own_words_are_replaced_when_that_is_ticked(hub: Any, editor: Client) -> None:
    hub.edit(stories=[hub.story("open-data", title="My title")])
    change(hub, "open-data", title="Another title")
    key = str(hub.articles["open-data"]["en"].translation_key)
    editor.post(address(hub), {"replace": [key]})
    assert told(hub, "open-data")["en"]["title"] == "Another title"


def test_a_translation_that_comes_later_is_told_after_updating(hub: Any, editor: Client) -> None:
    dutch = hub.articles["open-data"]["nl"]
    dutch.unpublish()
    hub.edit(stories=[{**hub.story("open-data"), "texts": hub.story("open-data")["texts"][:1]}, hub.story("open-day")])
    issue = hub.draft()
    issue.remembered = {**issue.remembered, str(dutch.translation_key): {"en": {"title": "Open data for all"}}}
    issue.save_revision()
    dutch.save_revision().publish()
    assert "Open data voor iedereen" not in hub.compile().editions[hub.locales["nl"]].text
    editor.post(address(hub))
    assert "Open data voor iedereen" in hub.compile().editions[hub.locales["nl"]].text


def test_saving_in_the_editor_remembers_what_a_new_story_is_made_from(hub: Any) -> None:
    issue = hub.draft()
    issue.remembered = {}
    form_class = IssuePage.get_edit_handler().get_form_class()
    form = form_class(instance=issue, parent_page=hub.page, for_user=hub.users["editor"])
    form.cleaned_data = {"body": issue.body}
    form.is_valid = lambda: True
    form.clean()
    assert set(issue.sources) == {str(pages["en"].translation_key) for pages in hub.articles.values()}
    change(hub, "open-data", title="Another title")
    form.clean()
    assert issue.sources[str(hub.articles["open-data"]["en"].translation_key)]["en"].title == "Open data for all"


def test_hostile_words_are_shown_as_they_are(hub: Any, editor: Client) -> None:
    change(hub, "open-data", title="<script>alert(1)</script> {{ x }}", summary="</td><b>bold")
    page = editor.get(address(hub)).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>bold" not in page
    assert "{{ x }}" in page


def test_who_may_not_edit_updates_nothing(hub: Any) -> None:
    change(hub, "open-data", title="Another title")
    client = Client()
    client.force_login(hub.users["outsider"])
    assert outcome(client.post(address(hub))) == "away"
    assert told(hub, "open-data")["en"]["title"] == "Open data for all"


def test_more_stories_cost_no_more_queries(hub: Any) -> None:
    def queries(act: Any) -> int:
        act()
        with CaptureQueriesContext(connection) as captured:
            act()
        return len(captured)

    button = (
        "button",
        {"page": hub.articles["open-day"]["en"], "url": "", "texts": [{"language": "en", "label": "Go"}]},
    )
    person = ("person", {"page": hub.articles["open-data"]["en"], "texts": []})
    hub.edit(stories=[hub.story("open-data"), hub.story("open-day"), button, person])
    few = queries(lambda: states(hub)), queries(hub.compile)
    hub.edit(stories=[*(hub.story(key) for key in hub.articles for _ in range(6)), button, person, button, person])
    assert (queries(lambda: states(hub)), queries(hub.compile)) == few
