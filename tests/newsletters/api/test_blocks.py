"""A sent issue in the Content API: typed blocks in each language, and nothing that is not public."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletters.models import Edition
from tests.newsletters.building import Hub


def in_both(**words: str) -> list[dict[str, str]]:
    return [{"language": code, **{name: f"{value} {code}" for name, value in words.items()}} for code in ("en", "nl")]


def editions(hub: Any, client: Any) -> dict[str, list[dict[str, Any]]]:
    detail = client.get(f"/api/v1/pages/{hub.issue.pk}").json()
    return {edition["language"]: edition["blocks"] for edition in detail["editions"]}


def send(hub: Any, *, stories: list[Any], **words: dict[str, str]) -> None:
    """Send the stories, with the words of `words` by language, and otherwise without an intro."""
    hub.edit(stories=stories, words={"en": {"intro": ""}, "nl": {"intro": ""}} | words)
    hub.subscribe("ann")
    hub.send()
    cache.clear()


def test_each_language_has_its_blocks_in_the_editors_order(hub: Any, client: Any, make_shown_image: Any) -> None:
    page = hub.articles["town-meeting"]["en"]
    send(
        hub,
        stories=[
            ("text", {"texts": in_both(text="<p>Hello <script>x</script></p>")}),
            hub.story("open-data", is_lead=True, teaser=""),
            ("quote", {"texts": in_both(quote="Say it", attribution="We")}),
            ("button", {"page": page, "url": "", "texts": in_both(label="Go")}),
            ("divider", None),
            ("image", {"image": make_shown_image("Canal"), "texts": in_both(alt="A canal", caption="Noon")}),
            hub.story("town-meeting", image=make_shown_image("Hall", description="A hall")) | {"without_teaser": True},
        ],
    )
    found = editions(hub, client)
    assert [block["type"] for block in found["en"]] == [
        *("text", "story", "quote", "button", "divider", "image", "story"),
    ]
    text, lead, quote, button, _divider, image, story = found["nl"]
    assert "<script" not in text["html"]
    assert (lead["is_lead"], lead["title"], lead["teaser"]) == (
        True,
        "Open data voor iedereen",
        "Summary of open-data in nl.",
    )
    assert lead["page"]["path"] == "/nl/themes/data/open-data/"
    assert (quote["text"], quote["attribution"]) == ("Say it nl", "We nl")
    assert (button["label"], button["link"]["href"]) == ("Go nl", "/nl/themes/power/town-meeting/")
    assert (image["image"]["alt"], image["caption"]) == ("A canal nl", "Noon nl")
    assert (story["title"], story["teaser"], story["image"]["alt"]) == ("Een dorpsvergadering", "", "A hall")


def test_what_is_not_public_any_more_is_told_but_leads_nowhere(hub: Any, client: Any) -> None:
    page = hub.articles["town-meeting"]["en"]
    send(
        hub,
        stories=[
            hub.story("open-data"),
            hub.story("town-meeting"),
            ("button", {"page": page, "url": "", "texts": in_both(label="Go")}),
        ],
    )
    hub.articles["town-meeting"]["nl"].unpublish()
    found = editions(hub, client)
    assert [block["type"] for block in found["en"]] == ["story", "story", "button"]
    assert [block.get("page", "none") is None for block in found["nl"]] == [False, True, False]
    assert found["nl"][1]["title"] == "Een dorpsvergadering"
    page.unpublish()
    assert [block["type"] for block in editions(hub, client)["en"]] == ["story", "story"]


def test_the_intro_is_the_first_text_and_who_signs_it_the_next(hub: Any, client: Any) -> None:
    signed = {"signed_by": "Nadi", "signed_function": "Facilitator"}
    send(hub, stories=[hub.story("open-data")], nl={"intro": "<p>Dag <b>allemaal</b></p>"} | signed)
    found = editions(hub, client)
    assert [block["type"] for block in found["en"]] == ["story"]
    assert [block["type"] for block in found["nl"]] == ["text", "signature", "story"]
    assert found["nl"][0] == {"id": None, "type": "text", "html": "<p>Dag <b>allemaal</b></p>"}
    assert found["nl"][1] == {"id": None, "type": "signature", "name": "Nadi", "function": "Facilitator"}


def test_more_blocks_cost_no_more_queries(hub: Any, client: Any) -> None:
    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            editions(hub, client)
        return len(captured)

    label = {"page": hub.articles["open-day"]["en"], "url": "", "texts": in_both(label="Go")}
    send(hub, stories=[hub.story("open-data"), hub.story("open-day"), ("button", label)])
    queries()  # what is kept in memory from then on
    few = queries()
    for edition in Edition.objects.in_archive():
        edition.blocks *= 5
        edition.save()
    assert queries() == few <= 10
    assert len(editions(hub, client)["en"]) == 15


def test_what_was_sent_is_shown_whatever_changes_afterwards(hub: Hub, client: Client, make_shown_image: Any) -> None:
    """Even if it changes behind the admin's back: the blocks are stored with the edition, like its mail."""
    picture = make_shown_image("Hall", description="A hall")
    words = [("quote", {"texts": in_both(quote="Say it", attribution="We")})]
    send(hub, stories=[hub.story("town-meeting", image=picture), *words])
    sent = editions(hub, client)
    issue = type(hub.issue).objects.get(pk=hub.issue.pk)
    issue.body = [("quote", {"texts": in_both(quote="Never said", attribution="We")})]
    issue.save_revision().publish()
    page = hub.articles["town-meeting"]["en"]
    page.title = "Never told"
    page.save_revision().publish()
    picture.description = "Something else"
    picture.save()
    cache.clear()
    found = editions(hub, client)
    assert [block["page"].pop("title") for block in (sent["en"][0], found["en"][0])] == ["A town meeting", "Never told"]
    assert found == sent


def test_an_issue_in_its_newsletter_has_the_same_editions_as_its_page(hub: Hub, client: Client) -> None:
    send(hub, stories=[hub.story("open-data")])
    page = client.get(f"/api/v1/pages/{hub.issue.pk}").json()
    issue = client.get(f"/api/v1/newsletters/letter/issues/{hub.issue.slug}").json()
    assert issue["editions"] == page["editions"]
    assert [block["type"] for block in issue["editions"][0]["blocks"]] == ["story"]
