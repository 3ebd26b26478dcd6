"""Gathering: tagged pages become the stories of a draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletters.exceptions import NothingToGather
from newsletters.issues.actions.compose_issue import compose_issue, gather_into
from newsletters.models import IssuePage
from newsletters.sending import ledger
from tests.conftest import add_page
from themes.models import ActivityPage, ArticlePage


@pytest.fixture
def add_article(hub: Any) -> Any:
    """Publish an article under a theme: add_article("new", hours_ago=1)."""

    def add(slug: str, *, theme: str = "data", hours_ago: float = 1, live: bool = True, **fields: Any) -> ArticlePage:
        at = hub.now - timedelta(hours=hours_ago)
        page = add_page(
            hub.sections[theme], ArticlePage(title=slug.title(), slug=slug, **fields), first_published_at=at, live=live
        )
        page.themes.add(hub.themes[theme])
        page.save()
        return page

    return add


def titles(issue: IssuePage) -> list[str]:
    return [block.value["texts"][0]["title"] for block in issue.body]


def compose(hub: Any, **later: float) -> IssuePage:
    now = hub.now + timedelta(**later)
    return compose_issue(parent=hub.page, user=hub.users["editor"], now=now)


def test_the_first_issue_takes_the_last_month(hub: Any) -> None:
    assert set(titles(hub.issue)) == {"Open data for all", "A town meeting", "Open day"}
    assert hub.issue.live is False
    assert hub.issue.gather_until == hub.now


def test_a_draft_has_the_pages_words_in_every_language(hub: Any) -> None:
    (value,) = [block.value for block in hub.draft().body if block.value["page"].slug == "open-data"]
    words = {text["language"]: (text["title"], text["teaser"]) for text in value["texts"]}
    assert words == {
        "en": ("Open data for all", "Summary of open-data in en."),
        "nl": ("Open data voor iedereen", "Summary of open-data in nl."),
    }


def test_with_nothing_to_gather_nothing_is_saved(hub: Any) -> None:
    before = IssuePage.objects.count()
    with pytest.raises(NothingToGather):
        compose(hub)  # all pages are in the existing draft
    assert IssuePage.objects.count() == before


def test_a_page_stands_in_one_issue_only(hub: Any, add_article: Any) -> None:
    add_article("new")
    assert titles(compose(hub, hours=1)) == ["New"]


def test_an_issue_goes_on_where_the_last_sent_one_ended(hub: Any, add_article: Any) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    add_article("old", hours_ago=2)
    add_article("new", hours_ago=-2)
    assert titles(compose(hub, hours=3)) == ["New"]
    ledger.cancel(dispatch, now=hub.now)  # what was not sent does not count
    assert titles(compose(hub, hours=3)) == ["Old"]


def test_drafts_and_pages_that_are_not_public_are_not_gathered(hub: Any, add_article: Any) -> None:
    add_article("draft", live=False)
    add_article("expired", expire_at=hub.now - timedelta(minutes=1))
    with pytest.raises(NothingToGather):
        compose(hub)


def test_an_activity_that_is_over_is_not_gathered(hub: Any) -> None:
    over = hub.now - timedelta(hours=1)
    page = ActivityPage(title="Over", slug="over", starts_at=over, ends_at=over)
    add_page(hub.sections["data"], page, first_published_at=over)
    with pytest.raises(NothingToGather):
        compose(hub)


def test_at_most_so_many_of_a_theme_the_newest_first(hub: Any, add_article: Any) -> None:
    for number in range(6):
        add_article(f"data-{number}", hours_ago=number + 1)
    add_article("power-1", theme="power", hours_ago=20)
    assert titles(compose(hub)) == ["Data-0", "Data-1", "Data-2", "Data-3", "Power-1"]


def test_the_first_story_with_a_picture_leads(hub: Any, add_article: Any, make_picture: Any) -> None:
    add_article("plain", hours_ago=1)
    add_article("pretty", hours_ago=2, image=make_picture())
    add_article("pretty-too", hours_ago=3, image=make_picture())
    assert [block.value["is_lead"] for block in compose(hub).body] == [False, True, False]


def test_gathering_into_a_draft_keeps_what_stands_there(hub: Any, add_article: Any) -> None:
    issue = hub.edit(stories=[hub.story("open-data", title="My own title")])
    add_article("new")
    gather_into(issue, user=hub.users["editor"], now=hub.now + timedelta(minutes=1))
    assert titles(hub.draft())[0] == "My own title"
    assert "New" in titles(hub.draft())
    assert titles(hub.draft()).count("Open data for all") == 0


def test_an_issues_themes_and_tags_narrow_what_is_gathered(hub: Any, add_article: Any) -> None:
    add_article("about-data")
    add_article("about-power", theme="power")
    tagged = add_article("tagged", theme="power")
    tagged.tags.add("spring")
    tagged.save()
    issue = hub.edit(stories=[])
    issue.themes.add(hub.themes["data"])
    issue.tags.add("spring")
    issue.save_revision()
    gather_into(hub.draft(), user=hub.users["editor"], now=hub.now + timedelta(minutes=1))
    assert {"About-Data", "Tagged"} <= set(titles(hub.draft()))
    assert "About-Power" not in titles(hub.draft())


def test_two_issues_of_a_month_have_titles_and_addresses_of_their_own(hub: Any, add_article: Any) -> None:
    add_article("new")
    second = compose(hub)
    assert second.slug == f"{hub.issue.slug}-2"
    assert second.title.endswith(" (2)")
