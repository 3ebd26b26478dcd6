"""The pages on which staff write segments: the form without script, the count, the list, and who may see them."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.contenttypes.models import ContentType
from django.db.models.functions import Mod
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from newsletters.audience.queries import audience, estimated_count
from newsletters.models import FrozenSegment, Newsletter, Segment
from tests.newsletters.audience.segments.test_rules import DATA, DUTCH, crowd, make_segment
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

__all__ = ["crowd"]

FILLED = {
    "name": "Dutch",
    "match": "all",
    "row": ["language-0", "themes-0"],
    "language-0-languages": ["nl"],
    "themes-0-themes": ["data"],
}


@pytest.fixture
def editor(crowd: Hub) -> Client:
    return client_of(crowd, "editor")


@pytest.fixture
def looker(crowd: Hub) -> Client:
    """An editor who may see addresses, and so numbers that are about few people."""
    return client_of(crowd, "editor", "view_subscription")


def adding(hub: Hub) -> str:
    return reverse("segments:add", args=[hub.newsletter.pk])


def shown(response: Any) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def count(page: BeautifulSoup) -> str:
    return " ".join(page.select_one("#segment-count").get_text(" ", strip=True).split())  # type: ignore[union-attr]


def rows(page: BeautifulSoup) -> list[str]:
    return [str(field["value"]) for field in page.select("input[name=row]")]


def test_conditions_are_added_and_removed_without_script_and_what_was_typed_stays(crowd: Hub, editor: Client) -> None:
    first = shown(editor.post(adding(crowd), {"name": "Dutch", "add": "1", "new_kind": "language"}))
    assert rows(first) == ["language-0"]
    posted = {"name": "Dutch", "row": "language-0", "language-0-languages": "nl", "add": "1", "new_kind": "themes"}
    second = shown(editor.post(adding(crowd), posted))
    assert rows(second) == ["language-0", "themes-0"]
    assert second.select_one("input[name=name]")["value"] == "Dutch"  # type: ignore[index]
    assert second.select_one("input[name=language-0-languages][value=nl]").has_attr("checked")  # type: ignore[union-attr]
    assert not second.select(".w-field__errors p, .error-message")
    third = shown(editor.post(adding(crowd), {**FILLED, "remove": "language-0"}))
    assert rows(third) == ["themes-0"]
    again = shown(editor.post(adding(crowd), {**FILLED, "add": "1", "new_kind": "themes"}))
    assert rows(again) == ["language-0", "themes-0", "themes-1"]
    assert not Segment.objects.exists()


def test_the_count_comes_from_the_server_with_and_without_script(crowd: Hub, looker: Client) -> None:
    without = shown(looker.post(adding(crowd), {**FILLED, "count": "1"}))
    expected = "1 of 4 readers They read it in Nederlands, and follow Data."
    assert count(without) == expected
    fragment = looker.post(reverse("segments:count", args=[crowd.newsletter.pk]), FILLED)
    assert " ".join(shown(fragment).get_text(" ", strip=True).split()) == expected
    either = {**FILLED, "match": "any", "count": "1"}
    assert count(shown(looker.post(adding(crowd), either))).startswith("3 of 4 readers")
    half = {**FILLED, "themes-0-themes": [], "count": "1"}
    assert count(shown(looker.post(adding(crowd), half))).startswith("Fill in every condition")
    assert not Segment.objects.exists()


def test_many_readers_are_first_estimated_and_then_counted(
    crowd: Hub, looker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletters.audience.views.segments.MANY", 3)
    monkeypatch.setattr("newsletters.audience.queries.SAMPLE", 1)
    address = reverse("segments:count", args=[crowd.newsletter.pk])
    about = shown(looker.post(address, FILLED))
    assert about.get_text(" ", strip=True).startswith("about 1 of 4 readers")
    assert about.select("[data-estimate]")
    exact = shown(looker.post(address, {**FILLED, "exact": "1"}))
    assert exact.get_text(" ", strip=True).startswith("1 of 4 readers")
    assert not exact.select("[data-estimate]")
    assert count(shown(looker.post(adding(crowd), {**FILLED, "count": "1"}))).startswith("1 of 4 readers")


def test_an_estimate_counts_one_reader_in_so_many(crowd: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletters.audience.queries.SAMPLE", 2)
    even = audience(crowd.newsletter).alias(part=Mod("pk", 2)).filter(part=0, locale__language_code="nl")
    segment = FrozenSegment(key=1, newsletter=crowd.newsletter.pk, name="", match="all", conditions=(DUTCH,))
    assert estimated_count(crowd.newsletter, segment) == 2 * even.count()


def test_a_saved_segment_is_listed_with_its_readers(crowd: Hub, looker: Client) -> None:
    assert looker.post(adding(crowd), {**FILLED, "save": "1"}).url == reverse("segments:index")  # type: ignore[attr-defined]
    segment = Segment.objects.get()
    assert [row["kind"] for row in segment.conditions] == ["language", "themes"]
    listed = shown(looker.get(reverse("segments:index")))
    words = listed.select_one(".hub-segments__list tbody").get_text(" ", strip=True)  # type: ignore[union-attr]
    assert words == "Dutch They read it in Nederlands, and follow Data. 1"
    opened = shown(looker.get(reverse("segments:edit", args=[segment.pk])))
    assert rows(opened) == ["language-0", "themes-1"]
    assert count(opened).startswith("1 of 4 readers")
    log = ModelLogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Segment))
    assert list(log.values_list("action", flat=True)) == ["wagtail.create"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"row": []}, "Add at least one condition."),
        ({"themes-0-themes": []}, "Fill in every condition, or remove it."),
        ({"name": ""}, "This field is required."),
        ({"name": "Taken"}, "already has a segment with this name"),
        ({"match": "none"}, "Select a valid choice."),
        ({"row": ["horoscope-0"]}, "Add at least one condition."),
        ({"row": ["language"]}, "Add at least one condition."),
        ({"row": ["language-x"]}, "Add at least one condition."),
    ],
)
def test_what_is_wrong_is_said_and_not_saved(
    crowd: Hub, editor: Client, changes: dict[str, object], words: str
) -> None:
    make_segment(crowd, "Taken", DATA)
    page = shown(editor.post(adding(crowd), {**FILLED, **changes, "save": "1"}))
    assert words in page.get_text(" ")
    assert Segment.objects.count() == 1


def test_a_segment_that_cannot_be_read_is_listed_and_can_be_mended(crowd: Hub) -> None:
    administrator = client_of(crowd, "administrator")  # a kind that is gone may have been about people
    segment = make_segment(crowd, "Dutch", DUTCH)
    Segment.objects.update(conditions=[{"kind": "language", "values": {"languages": ["fr"]}}, {"kind": "horoscope"}])
    listed = administrator.get(reverse("segments:index"))
    assert "names something that is gone" in shown(listed).get_text()
    address = reverse("segments:edit", args=[segment.pk])
    assert "names something that is gone" in count(shown(administrator.get(address)))
    administrator.post(address, {**FILLED, "save": "1"})
    segment.refresh_from_db()
    assert segment.conditions[0] == {"kind": "language", "values": {"languages": ["nl"]}}


def test_only_who_may_see_the_counts_of_a_newsletter_sees_its_segments(crowd: Hub) -> None:
    make_segment(crowd, "Dutch", DUTCH)
    outsider = client_of(crowd, "outsider")
    assert outsider.get(reverse("segments:index")).status_code == 302
    other = Newsletter.objects.create(name="Other", slug="other", sender_email="a@hub.test", reply_to="a@hub.test")
    other.sending_groups.add(crowd.users["outsider"].groups.get())
    other.save()
    page = shown(client_of(crowd, "outsider").get(reverse("segments:index"))).get_text()
    assert "Other" in page
    assert "Dutch" not in page
    for name in ("add", "count"):
        address = reverse(f"segments:{name}", args=[crowd.newsletter.pk])
        assert outsider.post(address, FILLED).status_code == 302
    assert Segment.objects.count() == 1


def test_each_segment_of_the_list_costs_a_few_queries_whatever_the_number_of_readers(
    crowd: Hub, editor: Client, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletters.audience.queries.SELDOM", 0)  # no count is kept, however long it took

    def queries() -> int:
        editor.get(reverse("segments:index"))
        with django_assert_max_num_queries(200) as asked:
            editor.get(reverse("segments:index"))
        return len(asked)

    make_segment(crowd, "No 0", DUTCH)
    few = queries()
    crowd.subscribe(*[f"reader{number}" for number in range(50)], language="nl")
    for number in range(1, 6):
        make_segment(crowd, f"No {number}", DUTCH)
    assert queries() - few <= 5 * 3  # its languages for the words and for the count, and the count


def test_an_unknown_segment_is_not_there(editor: Client) -> None:
    for name in ("edit", "delete"):
        assert editor.get(reverse(f"segments:{name}", args=[987654321])).status_code == 404
