"""GET /resolve: from a path to the page there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageViewRestriction, Site

from cms.models import HubPage


def resolve(client: Any, path: str, **params: Any) -> tuple[int, dict[str, Any]]:
    response = client.get("/api/v1/resolve", {"path": path, **params})
    return response.status_code, response.json()


def test_a_page_comes_in_full(client: Any, make_article: Any) -> None:
    page = make_article("open-data")
    for path in ("/en/themes/data/open-data/", "en/themes/data/open-data", "/en//themes/data/open-data/?a=1"):
        status, answer = resolve(client, path)
        assert (status, answer["status"], answer["page"]["id"]) == (200, "page", page.pk), path
        assert answer["page"]["body"] == []


def test_the_languages_prefix_chooses_the_tree(client: Any, home_en: Any, home_nl: Any) -> None:
    assert resolve(client, "/nl/")[1]["page"]["id"] == home_nl.pk
    assert resolve(client, "/en")[1]["page"]["id"] == home_en.pk
    assert resolve(client, "/fr/")[0] == 404


def test_a_path_without_a_language_leads_to_the_one_with_it(client: Any, make_article: Any, home_nl: Any) -> None:
    make_article("one")
    moved = {"status": "redirect", "permanent": False}
    assert resolve(client, "/") == (200, {**moved, "location": "/en/"})
    assert resolve(client, "/", locale="nl") == (200, {**moved, "location": "/nl/"})
    assert resolve(client, "/themes/data/one") == (200, {**moved, "location": "/en/themes/data/one/"})


def test_a_redirect_is_one_hop(client: Any, make_article: Any, site: Any) -> None:
    page = make_article("one")
    Redirect.add_redirect("/old/", page, site=site)
    Redirect.add_redirect("/away", "https://example.org/", is_permanent=False)
    assert resolve(client, "/old/") == (
        200,
        {"status": "redirect", "location": "/en/themes/data/one/", "permanent": True},
    )
    assert resolve(client, "/away")[1] == {
        "status": "redirect",
        "location": "https://example.org/",
        "permanent": False,
    }


@pytest.mark.parametrize("is_newer", [True, False])
def test_a_redirect_of_this_site_wins_over_one_of_all_sites(client: Any, site: Any, is_newer: bool) -> None:
    for is_ours in (not is_newer, is_newer):
        to = "https://ours.example/" if is_ours else "https://all.example/"
        Redirect.add_redirect("/old", to, site=site if is_ours else None)
    assert resolve(client, "/old")[1]["location"] == "https://ours.example/"


ASKED_FOR = [
    "/index.php?a=1&b=2",
    "/index.php?b=2&a=1",
    "/index.php?a=1&b=2&utm_source=x",
    "/index.php",
    "/page?q=%C3%A9t%C3%A9",
    "/page/?q=caf%C3%A9&empty=",
    "/plain?utm_source=x",
    "/plain/?a=1&b=2",
    "/plain;v=2?a=1",
    "/other?a=1",
    "/both?a=1",
    "/both?a=2",
    "/?p=12",
    "/index.php?a=1%26b=2",
    "/index.php?a=1&b=2#part",
]


@pytest.mark.parametrize("address", ASKED_FOR)
def test_a_redirect_with_a_query_is_found_as_the_site_itself_finds_it(client: Any, site: Any, address: str) -> None:
    for old in ("/index.php?a=1&b=2", "/page?q=\u00e9t\u00e9", "/plain", "/both", "/both?a=1", "/?p=12"):
        Redirect.add_redirect(old, f"https://www.example.org/{quote(old, safe='')}")
    answer = client.get(address, headers={"Host": "hub.test"})
    status, found = resolve(client, address)
    if "www.example.org" in answer.get("Location", ""):
        assert (status, found["location"]) == (200, answer["Location"])
    else:
        assert status == 404


def test_a_redirect_to_what_is_not_public_is_none(client: Any, make_article: Any, site: Any) -> None:
    Redirect.add_redirect("/old", make_article("secret", live=False), site=site)
    assert resolve(client, "/old")[0] == 404


def test_nothing_there_names_the_nearest_page_above(client: Any, make_article: Any, home_nl: Any) -> None:
    make_article("secret", live=False)
    for path, nearest in [
        ("/en/themes/data/gone/", "/en/themes/data/"),
        ("/en/themes/data/secret/", "/en/themes/data/"),
        ("/nl/weg/ergens", "/nl/"),
        ("/en/gone", "/en/"),
    ]:
        status, problem = resolve(client, path)
        assert (status, problem["nearest"]) == (404, nearest)


def test_what_was_public_is_gone(client: Any, make_article: Any) -> None:
    for slug in ("withdrawn", "deleted", "expired"):
        make_article(slug)
    pages = {page.slug: page for page in HubPage.objects.all()}
    pages["withdrawn"].specific.unpublish()
    pages["deleted"].specific.delete()
    HubPage.objects.filter(slug="expired").update(expire_at=timezone.now() - timedelta(days=1))
    for slug in ("withdrawn", "deleted", "expired"):
        assert resolve(client, f"/en/themes/data/{slug}/") == (200, {"status": "gone"}), slug


def test_what_stood_under_a_deleted_page_is_gone_too(client: Any, make_article: Any, theme_page: Any) -> None:
    make_article("one")
    theme_page.delete()
    assert resolve(client, "/en/themes/data/one/")[1] == {"status": "gone"}


def test_a_page_or_a_redirect_at_the_path_of_one_that_is_gone_wins(
    client: Any, make_article: Any, theme_page: Any, site: Any
) -> None:
    make_article("one").delete()
    Redirect.add_redirect("/en/themes/data/one", "https://example.org/", site=site)
    assert resolve(client, "/en/themes/data/one/")[1]["status"] == "redirect"
    make_article("one", parent=type(theme_page).objects.get())
    assert resolve(client, "/en/themes/data/one/")[1]["status"] == "page"


def test_what_was_never_public_is_not_found(client: Any, make_article: Any) -> None:
    restricted = make_article("restricted")
    PageViewRestriction.objects.create(page=restricted, restriction_type="login")
    make_article("draft", live=False).delete()
    make_article("planned", live=False)
    for slug in ("draft", "planned", "restricted"):
        assert resolve(client, f"/en/themes/data/{slug}/")[0] == 404
    restricted.unpublish()
    assert resolve(client, "/en/themes/data/restricted/")[0] == 404
    restricted.delete()
    assert resolve(client, "/en/themes/data/restricted/")[0] == 404


def test_odd_paths_are_not_found(client: Any, site: Any) -> None:
    for path in ("/en/\0/x", "/en/../../etc/passwd", "//evil.example/", "/en/%00", "/en/'--/"):
        status, problem = resolve(client, path)
        assert (status, problem["status"]) == (404, 404), path
    assert client.get("/api/v1/resolve", {"path": "x" * 1001}).status_code == 422
    assert client.get("/api/v1/resolve").status_code == 422


def test_without_a_site_there_is_nothing(client: Any, db: None) -> None:
    Site.objects.all().delete()
    assert client.get("/api/v1/site").status_code == 404
