"""Sent issues in feeds, as Markdown and in the words of schema.org."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletters.models import Dispatch
from newsletters.sending import ledger

FEED = "/api/v1/feed.json?type=issue"


@pytest.fixture
def sent(hub: Any) -> Dispatch:
    hub.edit(words={"en": {"title": "November", "preheader": "What is on"}, "nl": {"title": "Novembermaand"}})
    hub.subscribe("ann", themes=["data"])
    return hub.send()


def items(client: Any, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"{FEED}{query}").json()["items"]


def test_a_sent_issue_stands_in_the_feed_of_each_of_its_languages(client: Any, hub: Any, sent: Dispatch) -> None:
    (english,), (dutch,) = items(client), items(client, "&locale=nl")
    assert (english["title"], english["summary"], english["language"]) == ("November", "What is on", "en")
    assert (dutch["title"], dutch["language"]) == ("Novembermaand", "nl")
    assert english["id"] == dutch["id"]
    assert english["url"] == hub.issue.full_url
    for words in ("Open data for all", "A town meeting", "Summary of open-data in en."):
        assert words in english["content_html"]
    assert "Open data voor iedereen" in dutch["content_html"]


def test_an_issue_is_told_as_an_article_not_as_a_mail(client: Any, hub: Any, sent: Dispatch) -> None:
    (item,) = items(client)
    for word in ("<table", "style", "<h1", "Unsubscribe", "View online", "You receive this", "Dear", "Ellermanstraat"):
        assert word not in item["content_html"]


def test_what_was_not_sent_is_in_no_feed(client: Any, hub: Any) -> None:
    assert items(client) == []
    hub.draft().save_revision().publish()  # live, but it is no issue before it is sent
    assert items(client) == []


def test_a_cancelled_issue_leaves_the_feed(client: Any, hub: Any, sent: Dispatch) -> None:
    ledger.cancel(sent, now=hub.now)
    assert items(client) == []


def test_an_issue_is_markdown_and_a_publication_issue_too(client: Any, hub: Any, sent: Dispatch) -> None:
    address = f"/api/v1/pages/{hub.issue.pk}"
    text = client.get(address, headers={"accept": "text/markdown"}).content.decode()
    assert "### [Open data for all](http://hub.test/en/themes/data/open-data/)" in text
    assert text.count("\n# ") == 0
    graph = client.get(address).json()["seo"]["json_ld"]["@graph"]
    (issue,) = (thing for thing in graph if thing["@type"] == "PublicationIssue")
    assert (issue["name"], issue["datePublished"]) == ("November", hub.issue.issue_date.isoformat())


def test_a_feed_of_issues_costs_the_same_for_one_and_for_many(client: Any, hub: Any, sent: Dispatch) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(FEED)
        return len(queries)

    cost()
    before = cost()
    for number in range(3):
        hub.send_one_more(f"New {number}")
    assert len(items(client)) == 4
    assert cost() == before
