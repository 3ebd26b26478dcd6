"""GET /pages and GET /pages/{id}."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from unicodedata import normalize

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents.models import Document

from cms.api.routes.page_query import PageQuery
from cms.models import Preview
from cms.pictures.renditions import make_renditions
from cms.previews import start_preview
from tests.conftest import add_page
from themes.models import ActivityPage, ArticlePage, ThemeIndexPage

PAGES = "/api/v1/pages"
SUMMARY = {
    *(
        "id",
        "type",
        "title",
        "slug",
        "locale",
        "path",
        "url",
        "summary",
        "link_text",
        "image",
        "themes",
        "cross_cutting",
        "tags",
    ),
    *("published_at", "updated_at"),
}
DETAIL = {*SUMMARY, "seo", "ancestors", "translations", "body"}


def titles(client: Any, **params: Any) -> list[str]:
    response = client.get(PAGES, params)
    assert response.status_code == 200, response.content
    return [item["title"] for item in response.json()["items"]]


def test_a_summary_holds_what_a_card_needs(client: Any, make_article: Any, data: Any) -> None:
    page = make_article("open-data", title="Open data", summary="Shared.")
    page.themes.add(data)
    page.tags.add("Learning")
    page.save()
    (item,) = client.get(PAGES, {"type": "article"}).json()["items"]
    assert set(item) == SUMMARY | {"series", "reading_minutes"}
    assert item["path"] == "/en/themes/data/open-data/"
    assert item["url"] == "http://hub.test/en/themes/data/open-data/"
    assert item["themes"] == [{"slug": "data", "name": "Data", "colour": "#1c6f9c", "icon": ""}]
    assert item["tags"] == [{"slug": "learning", "name": "Learning"}]
    assert (item["type"], item["summary"], item["locale"]) == ("article", "Shared.", "en")


def test_a_detail_adds_the_way_there_and_the_body(client: Any, make_article: Any) -> None:
    page = make_article("open-data", body=[("heading", {"text": "Why", "level": "3"})])
    detail = client.get(f"{PAGES}/{page.pk}").json()
    assert set(detail) == DETAIL | {"series", "reading_minutes", "authors", "related_articles"}
    assert [each["title"] for each in detail["ancestors"]] == ["Hub", "Themes", "Data"]
    assert (detail["seo"]["title"], detail["seo"]["description"]) == ("Open-Data", "")
    assert [(b["type"], b["text"], b["level"]) for b in detail["body"]] == [("heading", "Why", 3)]


def test_a_type_adds_its_own_fields(client: Any, activity: Any, person: Any, item: Any) -> None:
    by_type = {each["type"]: each for each in client.get(PAGES).json()["items"]}
    assert by_type["activity"]["starts_at"] == "2026-12-03T13:00:00Z"
    assert by_type["activity"]["place"] == "Utrecht"
    assert by_type["person"]["function"] == "Facilitator"
    assert (by_type["archive-item"]["kind"], by_type["archive-item"]["year"]) == ("publication", 2020)
    assert by_type["theme"]["theme"] == "data"
    assert client.get(f"{PAGES}/{activity.pk}").json()["registration_url"] == ""
    assert client.get(f"{PAGES}/{person.pk}").json()["email"] == ""


def test_an_archive_item_gives_its_document(client: Any, item: Any) -> None:
    item.document = Document.objects.create(title="Magazine", file=ContentFile(b"%PDF", name="magazine.pdf"))
    item.save()
    document = client.get(f"{PAGES}/{item.pk}").json()["document"]
    assert (document["title"], document["extension"]) == ("Magazine", "pdf")
    assert document["url"].startswith("http://hub.test/documents/")


def test_translations_are_those_that_are_public(client: Any, home_en: Any, home_nl: Any) -> None:
    assert [each["locale"] for each in client.get(f"{PAGES}/{home_en.pk}").json()["translations"]] == ["nl"]
    home_nl.unpublish()
    assert client.get(f"{PAGES}/{home_en.pk}").json()["translations"] == []


def test_lists_are_narrowed_by_type_theme_tag_locale_and_parent(
    client: Any, make_article: Any, theme_page: Any, data: Any, home_nl: Any, activity: Any
) -> None:
    one, two = make_article("one"), make_article("two")
    one.themes.add(data)
    one.save()
    two.tags.add("Learning")
    two.save()
    assert titles(client, type=["article", "activity"], order="title") == ["One", "Open day", "Two"]
    assert titles(client, theme="data") == ["One"]
    assert titles(client, tag="learning") == ["Two"]
    assert titles(client, locale="nl") == ["De hub"]
    assert set(titles(client, parent=theme_page.pk)) == {"One", "Two", "Open day"}
    assert titles(client, parent=0) == []
    assert titles(client, type="article", theme=["data", "other"], tag="learning") == []


def test_lists_are_narrowed_by_date_and_ordered_by_it(client: Any, make_article: Any) -> None:
    for year in (2024, 2026, 2025):
        make_article(f"of-{year}", title=str(year), first_published_at=datetime(year, 6, 1, tzinfo=UTC))
    assert titles(client, type="article") == ["2026", "2025", "2024"]
    assert titles(client, type="article", order="published_at") == ["2024", "2025", "2026"]
    assert titles(client, type="article", published_from="2025-06-01T00:00:00Z") == ["2026", "2025"]
    assert titles(client, type="article", published_to="2025-06-01T00:00:00Z") == ["2024"]
    assert titles(client, type="article", published_from="2025-07-01") == ["2026"]


def test_a_types_own_filter_leaves_other_types_out(client: Any, activity: Any, item: Any, make_article: Any) -> None:
    make_article("one")
    assert titles(client, year=2020) == ["Five years"]
    assert titles(client, kind="event") == []
    assert titles(client, starts_from="2026-12-03T13:00:00Z") == ["Open day"]
    assert titles(client, starts_to="2026-12-03T13:00:00Z") == []
    assert client.get(PAGES, {"kind": "song"}).status_code == 422


def test_search_takes_all_words_in_title_and_summary(client: Any, make_article: Any) -> None:
    make_article("wells", title="Water wells", summary="Maps of villages")
    make_article("roads", title="Roads", summary="Maps of the coast")
    assert titles(client, q="maps villages") == ["Water wells"]
    assert set(titles(client, q="maps")) == {"Water wells", "Roads"}
    assert titles(client, q="nothing-like-it") == []
    for odd in ("\0'\"*", '"', "maps AND", "NOT maps", "maps OR roads", "NEAR(maps)", "maps*", "title:maps"):
        assert "Hub" not in titles(client, q=odd)


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_a_search_finds_accents_however_they_are_composed(
    client: Any, make_article: Any, stored: Literal["NFC", "NFD"], asked: Literal["NFC", "NFD"]
) -> None:
    text = normalize(stored, "Een enquête over coöperatie")
    make_article("one", title=normalize(stored, "Geïnspireerde café's"), body=[("text", f"<p>{text}</p>")])
    for words in ("geïnspireerde", "café", "enquête coöperatie"):
        assert len(titles(client, q=normalize(asked, words))) == 1, words


@pytest.mark.parametrize("narrow", ["theme=data", "tag=maps", "locale=nl", "type=activity", "when=coming", "parent=…"])
def test_search_looks_among_the_pages_that_fit(
    client: Any, make_article: Any, home_nl: Any, theme_page: Any, data: Any, monkeypatch: Any, narrow: str
) -> None:
    monkeypatch.setattr("cms.api.routes.page_query.MAX_MATCHES", 3)
    for number in range(5):
        make_article(f"a{number}", title="Water water", summary="Water")
    home = home_nl if narrow == "locale=nl" else theme_page
    starts_at = timezone.now() + timedelta(days=1)
    above = add_page(home, ThemeIndexPage(title="Days", slug="days"))
    page = ActivityPage(title="A day", slug="day", summary="On water too", starts_at=starts_at, ends_at=starts_at)
    wanted = add_page(above, page)
    wanted.themes.add(data)
    wanted.tags.add("Maps")
    wanted.save()
    narrow = narrow.replace("…", str(above.pk))
    found = client.get(f"/api/v1/pages?q=water&{narrow}").json()
    assert ([item["id"] for item in found["items"]], found["count"]) == ([wanted.pk], 1)


def test_slices_say_where_the_others_are(client: Any, make_article: Any) -> None:
    for number in range(5):
        make_article(f"a{number}")
    first = client.get(PAGES, {"type": "article", "limit": 2}).json()
    assert (first["count"], len(first["items"]), first["previous"]) == (5, 2, None)
    second = client.get(first["next"]).json()
    last = client.get(second["next"]).json()
    assert (len(last["items"]), last["next"]) == (1, None)
    seen = [item["id"] for page in (first, second, last) for item in page["items"]]
    assert len(set(seen)) == 5
    assert client.get(last["previous"]).json()["items"] == second["items"]


def test_a_list_goes_on_where_it_is_not_counted_any_more(client: Any, make_article: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("cms.api.routes.page_query.MAX_COUNT", 2)
    for number in range(5):
        make_article(f"a{number}")
    address, seen = f"{PAGES}?type=article&limit=2", []
    while address:
        part = client.get(address).json()
        assert part["count"] == 3
        seen += [item["id"] for item in part["items"]]
        address = part["next"]
    assert len(set(seen)) == 5
    beyond = client.get(f"{PAGES}?type=article&offset=5").json()
    assert (beyond["count"], beyond["items"], beyond["next"]) == (3, [], None)


def test_pictures_come_in_the_files_that_are_there(client: Any, make_article: Any, make_image: Any) -> None:
    image = make_image(focal_point_x=250, focal_point_y=250, focal_point_width=10, focal_point_height=10)
    page = make_article("one", image=image, image_alt="A canal")
    assert client.get(f"{PAGES}/{page.pk}").json()["image"] is None
    assert image.renditions.count() == 0

    make_renditions(image=image)
    detail = client.get(f"{PAGES}/{page.pk}").json()["image"]
    assert (detail["alt"], detail["width"], detail["height"]) == ("A canal", 1000, 500)
    assert detail["focal_point"] == {"x": 0.25, "y": 0.5}
    assert [(each["format"], each["mime_type"]) for each in detail["sources"]] == [
        ("avif", "image/avif"),
        ("webp", "image/webp"),
        ("jpeg", "image/jpeg"),
    ]
    assert [file["width"] for file in detail["sources"][0]["srcset"]] == [800, 1000]
    assert detail["src"] == detail["sources"][-1]["srcset"][-1]["url"]
    assert detail["src"].startswith("http://hub.test/media/")
    card = client.get(PAGES, {"type": "article"}).json()["items"][0]["image"]
    assert [file["width"] for file in card["sources"][0]["srcset"]] == [400, 800]


def test_a_page_of_a_missing_plugin_is_skipped(client: Any, make_article: Any, admin_user: Any) -> None:
    page = make_article("one")
    make_article("two", body=[("related", [page]), ("button", {"label": "Go", "page": page, "url": ""})])
    lost = add_page(page.get_parent().specific, ArticlePage(title="Lost", slug="lost"))
    content_type = type(lost.content_type).objects.create(app_label="hub_gone", model="gonepage")
    type(lost).objects.filter(pk=lost.pk).update(content_type=content_type)
    assert set(titles(client, type="article")) == {"One", "Two"}
    assert client.get(f"{PAGES}/{lost.pk}").status_code == 404
    assert client.get("/api/v1/resolve", {"path": "/en/themes/data/lost/"}).json()["nearest"] == "/en/themes/data/"
    token = start_preview(page=lost, user=admin_user, now=timezone.now())
    Preview.objects.update(content_type=content_type)
    assert client.get(f"/api/v1/preview/{token}").status_code == 404
    lists = ("pages", "pages?order=starts_at", "pages?q=lost", "sitemap", "site", "newsletters")
    feeds = (f"feed.{form}" for form in ("json", "rss", "atom", "ics"))
    there = (f"pages/{page.pk}", f"resolve?path={page.url}", "resolve?path=/en/themes/data/")
    for rest in (*lists, *feeds, *there):
        answer = client.get(f"/api/v1/{rest}")
        assert (answer.status_code, b"Lost" in answer.content) == (200, False), rest
    assert client.get("/en/themes/data/lost/").status_code == 404
    assert client.get("/en/themes/data/").status_code == 200


def test_every_parameter_of_all_types_is_read(client: Any, site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that is declared and then forgotten would be documented and do nothing."""
    read = set()
    original = PageQuery.__getattribute__

    def reading(query: PageQuery, name: str) -> object:
        read.add(name)
        return original(query, name)

    monkeypatch.setattr(PageQuery, "__getattribute__", reading)
    assert client.get(PAGES).status_code == 200
    assert set(PageQuery.model_fields) - read == set()
