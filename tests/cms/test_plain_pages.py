"""The plain pages, for a hub without a website: accessible, in their language, the same content as the API."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from cms.pictures.renditions import make_renditions
from cms.urls import first_parts, plugin_patterns, urlpatterns
from tests.parts import element
from themes.models import ActivityPage, ArticlePage


def soup_of(client: Any, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_a_page_shows_its_body_and_the_way_there(client: Any, make_article: Any, make_image: Any, data: Any) -> None:
    image = make_image()
    make_renditions(image=image)
    page = make_article(
        "one",
        title="One & only",
        summary="In short.",
        image=image,
        image_alt="A shape",
        body=[
            ("heading", {"text": "Why", "level": "2"}),
            ("text", "<p>Because <b>so</b>.</p>"),
            ("quote", {"text": "So.", "attribution": "Somebody"}),
            ("button", {"label": "Away", "page": None, "url": "https://example.org/"}),
            ("image", {"image": image, "alt": "Again", "caption": "Yellow"}),
        ],
    )
    page.themes.add(data)
    page.save()
    soup = soup_of(client, page.url)
    assert [h.text for h in soup.find_all("h1")] == ["One & only"]
    assert element(soup, "h2").text == "Why"
    assert element(soup, "b").text == "so"
    assert element(soup, "blockquote").text.strip() == "So."
    assert element(soup, "a.button")["href"] == "https://example.org/"
    assert [img["alt"] for img in soup.find_all("img")] == ["A shape", "Again"]
    assert "800w" in element(soup, "source")["srcset"]
    assert [a["href"] for a in element(soup, "nav.trail").find_all("a")] == ["/en/", "/en/themes/", "/en/themes/data/"]
    assert element(soup, "ul.themes li").text == "Data"


def test_children_are_cards(client: Any, make_article: Any, theme_page: Any) -> None:
    make_article("one", summary="In short.")
    make_article("hidden", live=False)
    soup = soup_of(client, theme_page.url)
    assert [a["href"] for a in soup.select(".cards h3 a")] == ["/en/themes/data/one/"]
    assert "In short." in element(soup, ".cards").text


def test_a_page_says_its_language_and_leads_to_the_others(client: Any, home_en: Any, home_nl: Any) -> None:
    soup = soup_of(client, "/nl/")
    assert element(soup, "html")["lang"] == "nl"
    (link,) = soup.select(".languages a")
    assert (link["href"], link["lang"], link.text) == ("/en/", "en", "English")
    assert element(soup_of(client, "/en/"), ".languages a").text == "Nederlands"


def test_a_page_can_be_used_by_keyboard_and_without_scripts(client: Any, theme_page: Any) -> None:
    soup = soup_of(client, theme_page.url)
    assert element(soup, "body a")["href"] == "#content"
    assert element(soup, "#content").name == "main"
    assert {script["type"] for script in soup.find_all("script")} == {"application/ld+json"}  # data, never run
    assert not soup.find_all(style=True)
    assert all(nav.get("aria-label") for nav in soup.find_all("nav"))


def test_words_of_editors_are_escaped(client: Any, make_article: Any) -> None:
    page = make_article(
        "one", title="<script>1</script>", summary="<b>x", body=[("quote", {"text": "<i>q", "attribution": '"'})]
    )
    soup = soup_of(client, page.url)
    assert element(soup, "h1").text == "<script>1</script>"
    assert not soup.find_all(["b", "i"])
    assert len(soup.find_all("script")) == 1


def test_a_preview_shows_what_is_not_saved(admin_client: Any, make_article: Any, rf: Any) -> None:
    page = make_article("one", title="Before")
    page.title = "After"
    request = rf.get("/")
    response = page.make_preview_request(original_request=request)
    assert response.status_code == 200
    response.render()
    assert b"<h1>After</h1>" in response.content


def test_a_new_page_has_a_preview_too(theme_page: Any, rf: Any) -> None:
    page = ArticlePage(title="New", slug="new", locale=theme_page.locale)
    response = page.make_preview_request(original_request=rf.get("/"))
    response.render()
    assert b"<h1>New</h1>" in response.content


def test_a_preview_of_an_unfinished_draft_is_shown(theme_page: Any, rf: Any) -> None:
    page = ActivityPage(title="Some day", slug="", locale=theme_page.locale)
    response = page.make_preview_request(original_request=rf.get("/"))
    response.render()
    assert b"<h1>Some day</h1>" in response.content


def test_addresses_of_our_own_are_no_pages_in_any_language(client: Any, home_nl: Any) -> None:
    assert {"api", "admin", "documents", "healthz"} < first_parts(urlpatterns)
    for part in first_parts(plugin_patterns()):
        for response in (client.get(f"/{part}/no/such/address/"), client.post(f"/{part}/no/such/address/")):
            assert response.status_code == 404, part  # and no redirect to the same address under /en/


@pytest.mark.django_db
def test_the_health_check_answers(client: Any) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_a_path_without_a_language_leads_to_the_readers(client: Any, home_nl: Any) -> None:
    response = client.get("/", headers={"accept-language": "nl"})
    assert (response.status_code, response["Location"]) == (302, "/nl/")
    assert client.get("/documents/999/x.pdf").status_code == 404
