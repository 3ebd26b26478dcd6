"""How often a response asks the database does not depend on how much it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.embeds.blocks import EmbedValue
from wagtail.embeds.embeds import get_embed_hash
from wagtail.embeds.models import Embed as StoredEmbed
from wagtail.signal_handlers import disable_reference_index_auto_update

from archive.models import ArchiveItemPage
from cms import structure
from cms.api.build import build_summaries
from cms.queries import load_specific, public_pages
from cms.renditions import make_renditions
from tests.conftest import add_page
from themes.models import ActivityPage

ROWS = 200


@pytest.fixture
def unindexed(settings: Any) -> Iterator[None]:
    """Search and references are not what is counted here, and they take most of the time of making pages."""
    settings.WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}
    with disable_reference_index_auto_update():
        yield


@pytest.fixture
def many(unindexed: None, make_article: Any, archive: Any, make_image: Any, data: Any, make_theme: Any) -> list[Any]:
    """Two hundred pages of two types with pictures, themes and tags of their own."""
    images = [make_image(width=900, height=300) for _ in range(4)]
    make_renditions(image=images[0])
    themes = [data, make_theme("power", en="Civic power")]
    pages = []
    for number in range(ROWS):
        image = images[number % 4]
        if number % 2:
            page = make_article(f"a{number}", image=image)
        else:
            page = add_page(archive, ArchiveItemPage(title="Item", slug=f"i{number}", year=2018, image=image))
        page.themes.add(themes[number % 2])
        page.tags.add(f"tag {number}")
        page.save()
        pages.append(page)
    return pages


def queries(client: Any, address: str) -> int:
    """Return what an answer costs of which nothing is known yet but what Django keeps for good."""
    client.get(address)  # fills the content types
    cache.clear()
    structure.forget()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_list_costs_the_same_for_two_and_for_a_hundred_rows(client: Any, many: list[Any]) -> None:
    for filters in ("", "&type=article", "&theme=data&tag=tag-1&locale=en", "&type=archive-item"):
        few, more, most = (
            queries(client, f"/api/v1/pages?order=published_at&limit={limit}{filters}") for limit in (2, 20, 100)
        )
        assert few <= more == most <= 8, (few, more, most, filters)
    cache.clear()  # now the surroundings are known
    with CaptureQueriesContext(connection) as captured:
        client.get("/api/v1/pages?type=article")
    assert len(captured) == 6


def test_summaries_cost_the_same_for_20_and_for_200_pages(many: list[Any], site: Any) -> None:
    now = timezone.now()
    counts = []
    for rows in (20, ROWS):
        with CaptureQueriesContext(connection) as captured:
            found = public_pages(site=site, now=now).filter(pk__in=[page.pk for page in many]).order_by("pk")
            pages = load_specific(found[:rows], bodies=False)
            assert len(build_summaries(pages=pages, site=site, now=now)) == rows
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_detail_costs_the_same_for_one_and_for_fifty_links(client: Any, many: list[Any], make_article: Any) -> None:
    counts = []
    for amount in (1, 50):
        links = "".join(f'<a linktype="page" id="{page.pk}">words</a>' for page in many[:amount])
        body = [("text", f"<p>{links}</p>"), *([("text", f"<p>{links}</p>")] * amount), ("related", many[:amount])]
        body += [("image", {"image": page.image, "alt": "", "caption": ""}) for page in many[:amount]]
        page = make_article(f"with-{amount}", body=body)
        counts.append(queries(client, f"/api/v1/pages/{page.pk}"))
        counts.append(queries(client, f"/api/v1/resolve?path={page.url}"))
    assert set(counts) == {counts[0]}
    assert counts[0] <= 10


def test_a_detail_costs_the_same_for_one_and_for_fifty_rich_texts(
    client: Any, many: list[Any], make_article: Any, make_image: Any
) -> None:
    counts = []
    images = [make_image(width=10, height=10) for _ in range(50)]
    documents = [Document.objects.create(title="Report", file=ContentFile(b"x", name="r.pdf")) for _ in range(50)]
    urls = [f"https://www.youtube.com/watch?v={number}" for number in range(50)]
    StoredEmbed.objects.bulk_create(StoredEmbed(url=url, hash=get_embed_hash(url), type="video") for url in urls)
    for amount in (1, 50):
        body: list[tuple[str, Any]] = []
        for page, image, document, url in list(zip(many, images, documents, urls, strict=False))[:amount]:
            links = f'<a linktype="page" id="{page.pk}">a</a><a linktype="document" id="{document.pk}">b</a>'
            shown = f'<embed embedtype="image" id="{image.pk}" alt=""/><embed embedtype="media" url="{url}"/>'
            body += [("text", f"<p>{links}</p>{shown}"), ("embed", EmbedValue(url))]
        page = make_article(f"rich-{amount}", body=body)
        body = client.get(f"/api/v1/pages/{page.pk}").json()["body"]
        assert len(body) == 2 * amount
        assert all(word in body[-2]["html"] for word in ("<img", "<figure", "/en/", "/documents/"))
        counts.append(queries(client, f"/api/v1/pages/{page.pk}"))
    assert counts[0] == counts[1] <= 12


def test_the_site_costs_the_same_however_many_pages_there_are(client: Any, home_nl: Any, many: list[Any]) -> None:
    before = queries(client, "/api/v1/site")
    type(many[0]).objects.update(show_in_menus=True)
    assert queries(client, "/api/v1/site") == before <= 8


def test_a_plain_page_costs_the_same_for_one_child_and_for_many(client: Any, many: list[Any], theme_page: Any) -> None:
    children = theme_page.get_children()
    before = queries(client, theme_page.url)
    for page in children[1:]:
        page.delete()
    assert queries(client, theme_page.url) == before


def test_a_slice_of_the_sitemap_costs_the_same_for_two_and_for_two_hundred_pages(client: Any, many: list[Any]) -> None:
    few, most = (queries(client, f"/api/v1/sitemap?limit={limit}") for limit in (2, ROWS))
    assert few == most <= 8


def test_feeds_cost_the_same_for_two_and_for_fifty_pages(
    client: Any, unindexed: None, theme_page: Any, make_article: Any, make_image: Any, data: Any
) -> None:
    starts_at = timezone.now()
    for number in range(50):
        article, image = make_article(f"a{number}"), make_image(width=20, height=10)
        body = [("text", f'<p><a linktype="page" id="{article.pk}">x</a></p>'), ("related", [article])]
        times = {"starts_at": starts_at, "ends_at": starts_at}
        page = add_page(theme_page, ActivityPage(title="Day", slug=f"e{number}", image=image, body=body, **times))
        page.themes.add(data)
        page.tags.add(f"tag {number}")
        page.save()
    for form in ("json", "rss", "atom", "ics"):
        address = f"/api/v1/feed.{form}?type=activity&theme=data"
        few, most = (queries(client, f"{address}&limit={limit}") for limit in (2, 50))
        assert few == most <= 24, form
        assert client.get(f"{address}&limit=50").content.count(b"/en/themes/data/e") >= 50
