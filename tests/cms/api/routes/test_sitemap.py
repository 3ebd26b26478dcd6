"""GET /sitemap: every public page once, with its translations."""

from __future__ import annotations

from typing import Any

import pytest

SITEMAP = "/api/v1/sitemap"


def test_a_page_stands_with_its_addresses_in_all_languages(client: Any, home_nl: Any, theme_page: Any) -> None:
    items = {item["id"]: item for item in client.get(SITEMAP).json()["items"]}
    home = items[home_nl.pk]
    assert (home["path"], home["url"], home["locale"], home["type"]) == ("/nl/", "http://hub.test/nl/", "nl", "home")
    assert home["alternates"] == {"en": "http://hub.test/en/", "nl": "http://hub.test/nl/"}
    assert home["updated_at"]
    assert items[theme_page.pk]["alternates"] == {"en": "http://hub.test/en/themes/data/"}


def test_a_translation_that_is_not_public_is_no_alternate(client: Any, home_nl: Any) -> None:
    home_nl.unpublish()
    (item,) = client.get(SITEMAP).json()["items"]
    assert item["alternates"] == {"en": "http://hub.test/en/"}


def test_following_next_gives_each_page_once(client: Any, home_nl: Any, make_article: Any) -> None:
    for number in range(5):
        make_article(f"a{number}")
    everything = [item["id"] for item in client.get(SITEMAP).json()["items"]]
    found, address = [], f"{SITEMAP}?limit=3"
    while address:
        answer = client.get(address).json()
        assert len(answer["items"]) <= 3
        found += [item["id"] for item in answer["items"]]
        address = answer["next"]
    assert found == everything == sorted(set(everything))
    assert len(found) == 9


def test_the_last_slice_has_no_next_even_if_it_is_full(client: Any, site: Any) -> None:
    answer = client.get(f"{SITEMAP}?limit=1").json()
    assert (len(answer["items"]), answer["next"]) == (1, None)


def test_a_language_can_be_asked_for_and_keeps_the_alternates_of_others(client: Any, home_nl: Any) -> None:
    (item,) = client.get(f"{SITEMAP}?locale=nl").json()["items"]
    assert (item["locale"], set(item["alternates"])) == ("nl", {"en", "nl"})


@pytest.mark.parametrize("query", ["x=1", "limit=0", "limit=1001", "after=-1", "after=99999999999", "locale=%00"])
def test_an_odd_parameter_is_refused(client: Any, site: Any, query: str) -> None:
    response = client.get(f"{SITEMAP}?{query}")
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")


def test_it_answers_head(client: Any, site: Any) -> None:
    response = client.head(SITEMAP)
    assert (response.status_code, response.content) == (200, b"")
