"""What search engines and shared links get: `seo` in details, and the head of the plain pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from wagtail.documents.models import Document

from cms.models import SiteSettings
from cms.pictures.renditions import make_renditions
from tests.parts import attribute, element
from themes.models import ActivityPage


def seo_of(client: Any, page: Any) -> dict[str, Any]:
    return client.get(f"/api/v1/pages/{page.pk}").json()["seo"]


def things(client: Any, page: Any) -> dict[str, dict[str, Any]]:
    """Return the graph of a page by `@type`."""
    graph = seo_of(client, page)["json_ld"]
    assert graph["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in graph["@graph"]}


def test_a_page_says_its_address_and_its_picture(client: Any, make_article: Any, make_image: Any) -> None:
    image = make_image(description="A canal")
    make_renditions(image=image)
    seo = seo_of(client, make_article("one", seo_title="Found", search_description="Why.", image=image))
    assert (seo["title"], seo["description"]) == ("Found", "Why.")
    assert seo["canonical_url"] == "http://hub.test/en/themes/data/one/"
    assert seo["image"]["alt"] == "A canal"
    assert seo["image"]["url"].endswith(".jpg")
    assert seo_of(client, make_article("two"))["image"] is None


def test_every_page_says_the_way_there_and_who_is_behind_it(client: Any, theme_page: Any, site: Any) -> None:
    SiteSettings.objects.create(site=site, organisation="Partos")
    found = things(client, theme_page)
    assert set(found) == {"WebPage", "BreadcrumbList", "WebSite", "Organization", "DefinedTerm"}
    steps = [(step["position"], step["name"], step["item"]) for step in found["BreadcrumbList"]["itemListElement"]]
    assert steps == [
        (1, "Hub", "http://hub.test/en/"),
        (2, "Themes", "http://hub.test/en/themes/"),
        (3, "Data", "http://hub.test/en/themes/data/"),
    ]
    assert found["WebPage"]["breadcrumb"]["@id"] == found["BreadcrumbList"]["@id"]
    assert found["WebPage"]["isPartOf"]["@id"] == found["WebSite"]["@id"]
    assert found["WebSite"]["publisher"]["@id"] == found["Organization"]["@id"]
    assert (found["Organization"]["name"], found["WebSite"]["name"]) == ("Partos", "Innovation Hub")


def test_an_article_says_when_and_by_whom(client: Any, make_article: Any, make_shown_image: Any, data: Any) -> None:
    page = make_article("one", title="Open data", summary="In short.", image=make_shown_image(description="A canal"))
    page.themes.add(data)
    page.save()
    found = things(client, page)
    article = found["Article"]
    assert (article["headline"], article["description"], article["inLanguage"]) == ("Open data", "In short.", "en")
    assert article["datePublished"] == page.first_published_at.isoformat()
    assert article["dateModified"]
    assert article["keywords"] == ["Data"]
    assert article["publisher"]["@id"] == found["Organization"]["@id"]
    assert (article["image"]["@type"], article["image"]["caption"]) == ("ImageObject", "A canal")
    assert article["mainEntityOfPage"]["@id"] == found["WebPage"]["@id"] == page.full_url


@pytest.mark.parametrize(
    ("place", "is_online", "mode", "kinds"),
    [
        ("Utrecht", False, "Offline", ["Place"]),
        ("", True, "Online", ["VirtualLocation"]),
        ("Utrecht", True, "Mixed", ["Place", "VirtualLocation"]),
        ("", False, None, None),
    ],
)
def test_an_event_says_when_and_where(
    client: Any, activity: Any, place: str, is_online: bool, mode: str | None, kinds: list[str] | None
) -> None:
    ActivityPage.objects.filter(pk=activity.pk).update(place=place, is_online=is_online)
    event = things(client, activity)["Event"]
    assert (event["startDate"], event["endDate"]) == ("2026-12-03T14:00:00+01:00", "2026-12-03T16:00:00+01:00")
    expected = mode and f"https://schema.org/{mode}EventAttendanceMode"
    assert event.get("eventAttendanceMode") == expected
    found = event.get("location")
    assert (found and [each["@type"] for each in found]) == kinds


def test_a_person_works_for_the_organisation(client: Any, person: Any) -> None:
    found = things(client, person)
    assert (found["Person"]["name"], found["Person"]["jobTitle"]) == ("Sam", "Facilitator")
    assert found["Person"]["worksFor"]["@id"] == found["Organization"]["@id"]
    assert "email" not in found["Person"]


def test_a_publication_names_its_year_and_its_file(client: Any, item: Any) -> None:
    item.document = Document.objects.create(title="Magazine", file=ContentFile(b"%PDF", name="magazine.pdf"))
    item.save()
    report = things(client, item)["Report"]
    assert (report["datePublished"], report["encoding"]["contentUrl"]) == (
        "2020",
        f"http://hub.test{item.document.url}",
    )
    item.kind, item.document = "project", None
    item.save()
    assert "encoding" not in things(client, item)["CreativeWork"]


def test_a_plain_page_tells_search_engines_the_same(
    client: Any, home_en: Any, home_nl: Any, make_shown_image: Any
) -> None:
    home_en.image, home_en.summary = make_shown_image(description="A canal"), "In short."
    home_en.save()
    soup = BeautifulSoup(client.get("/en/").content, "html.parser")
    seo = seo_of(client, home_en)
    assert element(soup, "link[rel=canonical]")["href"] == seo["canonical_url"] == "http://hub.test/en/"
    alternates = {link["hreflang"]: link["href"] for link in soup.find_all("link", hreflang=True)}
    assert alternates == {"en": "http://hub.test/en/", "nl": "http://hub.test/nl/"}
    og = {meta["property"]: meta["content"] for meta in soup.find_all("meta", property=True)}
    assert (og["og:title"], og["og:description"], og["og:url"]) == ("Hub", "In short.", "http://hub.test/en/")
    assert (og["og:image"], og["og:image:alt"]) == (seo["image"]["url"], "A canal")
    assert json.loads(element(soup, "script[type='application/ld+json']").text) == seo["json_ld"]
    feed = attribute(element(soup, "link[type='application/atom+xml']"), "href")
    assert client.get(feed).status_code == 200


def test_no_word_ends_the_script_that_it_stands_in(client: Any, make_article: Any) -> None:
    title = "</script><script>alert(1)</script><!-- & \u2028"
    page = make_article("one", title=title)
    content = client.get(page.url).content
    assert content.count(b"<script") == content.count(b"</script>") == 1
    graph = json.loads(element(BeautifulSoup(content, "html.parser"), "script").text)
    assert title in [thing.get("name") for thing in graph["@graph"]]


def test_a_draft_tells_search_engines_nothing(theme_page: Any, rf: Any) -> None:
    page = ActivityPage(title="Some day", slug="", locale=theme_page.locale)
    response = page.make_preview_request(original_request=rf.get("/"))
    response.render()
    assert b"ld+json" not in response.content
