"""The number of queries for an answer does not depend on how much the answer shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.embeds.blocks import EmbedValue
from wagtail.embeds.embeds import get_embed_hash
from wagtail.embeds.models import Embed as StoredEmbed
from wagtail.signal_handlers import disable_reference_index_auto_update

from archive.models import ArchiveItemPage, ArchivePage
from cms.api.build import build_summaries
from cms.content import site_tree
from cms.content.queries import load_specific, public_pages
from cms.pictures.renditions import make_renditions
from cms.plugins.registry import page_types
from tests.conftest import add_page, new_image
from tests.newsletters.building import Hub, build_hub, rolled_back
from themes.models import ActivityPage, ArticlePage

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("query counts")]

ROWS = 200


@dataclass(frozen=True)
class Crowd:
    """Two hundred pages of two types with pictures, themes and tags of their own."""

    hub: Hub
    pages: list[Any]

    def article(self, slug: str, **fields: Any) -> ArticlePage:
        return add_page(self.hub.sections["data"], ArticlePage(title=slug.title(), slug=slug, **fields))


@contextmanager
def unindexed() -> Iterator[None]:
    """Do not index search and references: they are not counted here, and take most of the time of making pages."""
    backends = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}
    with override_settings(WAGTAILSEARCH_BACKENDS=backends), disable_reference_index_auto_update():
        yield


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    media_root = str(tmp_path_factory.mktemp("media"))
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock(), unindexed(), override_settings(MEDIA_ROOT=media_root):
            crowd = Crowd(hub=build_hub(), pages=[])
            archive = add_page(crowd.hub.site.root_page.specific, ArchivePage(title="Archive", slug="archive"))
            for page in crowd.hub.page.copy_for_translation(crowd.hub.locales["nl"]), crowd.hub.page:
                page.save_revision().publish()
            images = [new_image() for _ in range(4)]
            make_renditions(image=images[0])
            for number in range(ROWS):
                image, slug = images[number % 4], f"a{number}"
                if number % 2:
                    page = crowd.article(slug, image=image)
                else:
                    page = add_page(archive, ArchiveItemPage(title="Item", slug=slug, year=2018, image=image))
                page.themes.add(crowd.hub.themes[("data", "power")[number % 2]])
                page.tags.add(f"tag {number}", "crowd")
                page.save()
                crowd.pages.append(page)
        yield crowd


def queries(client: Any, address: str) -> int:
    """Return the queries of an answer that is not cached; only Django's permanent caches are warm."""
    client.get(address)  # fills the content types
    cache.clear()
    site_tree.forget()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_list_costs_the_same_for_two_and_for_a_hundred_rows(client: Any, crowd: Crowd) -> None:
    by_tag = "&theme=power&tag=crowd&locale=en"  # asks for the tag's key first
    for filters, limit in {"": 7, "&type=article": 7, "&year=2018": 7, by_tag: 8}.items():
        few, more, most = (
            queries(client, f"/api/v1/pages?order=published_at&limit={rows}{filters}") for rows in (2, 20, 100)
        )
        assert few <= more == most <= limit, (few, more, most, filters)
    cache.clear()  # now the surroundings are known
    with CaptureQueriesContext(connection) as captured:
        client.get("/api/v1/pages?type=article")
    assert len(captured) == 5


def test_a_second_page_of_any_type_costs_nothing(client: Any, crowd: Crowd) -> None:
    for page_type in page_types().values():
        address = f"/api/v1/pages?type={page_type.type}"
        if client.get(address).json()["count"] > 1:
            assert queries(client, f"{address}&limit=1") == queries(client, f"{address}&limit=2"), page_type.type


def test_summaries_cost_the_same_for_20_and_for_200_pages(crowd: Crowd) -> None:
    site, now = crowd.hub.site, timezone.now()
    counts = []
    for rows in (20, ROWS):
        with CaptureQueriesContext(connection) as captured:
            found = public_pages(site=site, now=now).filter(pk__in=[page.pk for page in crowd.pages]).order_by("pk")
            pages = load_specific(found[:rows], bodies=False)
            assert len(build_summaries(pages=pages, site=site, now=now)) == rows
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_detail_costs_the_same_for_one_and_for_fifty_links(client: Any, crowd: Crowd) -> None:
    counts = []
    for amount in (1, 50):
        pages = crowd.pages[:amount]
        links = "".join(f'<a linktype="page" id="{page.pk}">words</a>' for page in pages)
        body: list[tuple[str, Any]] = [
            ("text", f"<p>{links}</p>"),
            *([("text", f"<p>{links}</p>")] * amount),
            ("related", pages),
        ]
        body += [("image", {"image": page.image, "alt": "", "caption": ""}) for page in pages]
        page = crowd.article(f"with-{amount}", body=body)
        counts.append(queries(client, f"/api/v1/pages/{page.pk}"))
        counts.append(queries(client, f"/api/v1/resolve?path={page.url}"))
    assert set(counts) == {counts[0]}
    assert counts[0] <= 12


def test_a_detail_costs_the_same_for_one_and_for_fifty_rich_texts(client: Any, crowd: Crowd) -> None:
    counts = []
    images = [new_image(width=10, height=10) for _ in range(50)]
    for image in images:
        make_renditions(image=image)
    documents = [Document.objects.create(title="Report", file=ContentFile(b"x", name="r.pdf")) for _ in range(50)]
    urls = [f"https://www.youtube.com/watch?v={number}" for number in range(50)]
    StoredEmbed.objects.bulk_create(StoredEmbed(url=url, hash=get_embed_hash(url), type="video") for url in urls)
    for amount in (1, 50):
        body: list[tuple[str, Any]] = []
        for page, image, document, url in list(zip(crowd.pages, images, documents, urls, strict=False))[:amount]:
            links = f'<a linktype="page" id="{page.pk}">a</a><a linktype="document" id="{document.pk}">b</a>'
            shown = f'<embed embedtype="image" id="{image.pk}" alt=""/><embed embedtype="media" url="{url}"/>'
            body += [("text", f"<p>{links}</p>{shown}"), ("embed", EmbedValue(url))]
        page = crowd.article(f"rich-{amount}", body=body)
        answer = client.get(f"/api/v1/pages/{page.pk}").json()["body"]
        assert len(answer) == 2 * amount
        assert all(word in answer[-2]["html"] for word in ("<img", "<figure", "/en/", "/documents/"))
        counts.append(queries(client, f"/api/v1/pages/{page.pk}"))
    assert counts[0] == counts[1] <= 13


def test_a_detail_costs_the_same_for_one_and_for_fifty_blocks_of_several_parts(client: Any, crowd: Crowd) -> None:
    counts = []
    for amount in (1, 50):
        body: list[tuple[str, Any]] = []
        for page in crowd.pages[:amount]:
            picture = {"image": crowd.pages[0].image_id, "alt": "A", "decorative": False, "caption": ""}
            text = f'<p><a linktype="page" id="{page.pk}">words</a></p>'
            card = {"title": "A", "text": "", "picture": picture, "page": page.pk, "url": "", "link_text": "B"}
            cells = {"caption": "C", "columns": [{"type": "rich_text", "heading": "D"}], "rows": [{"values": [text]}]}
            values: dict[str, Any] = {
                "accordion": {"items": [{"question": "A", "answer": text}]},
                "callout": {"kind": "note", "title": "", "text": text},
                "cards": {"columns": "2", "cards": [card]},
                "gallery": {"pictures": [picture, picture], "caption": ""},
                "table": {"table": cells, "has_row_headers": False},
                "timeline": {"entries": [{"when": "A", "title": "B", "text": text, "picture": picture}]},
            }
            forms = ArticlePage._meta.get_field("body").stream_block.child_blocks
            body += [(kind, forms[kind].to_python(value)) for kind, value in values.items()]
        article = crowd.article(f"parts-{amount}", body=body)
        assert len(client.get(f"/api/v1/pages/{article.pk}").json()["body"]) == 6 * amount
        counts.append(queries(client, f"/api/v1/pages/{article.pk}"))
    assert counts[0] == counts[1] <= 11


def test_the_site_costs_the_same_however_many_pages_there_are(client: Any, crowd: Crowd) -> None:
    before = queries(client, "/api/v1/site")
    type(crowd.pages[0]).objects.update(show_in_menus=True)
    assert queries(client, "/api/v1/site") == before <= 8


def test_a_plain_page_costs_the_same_for_one_child_and_for_many(client: Any, crowd: Crowd) -> None:
    theme_page = crowd.hub.sections["power"]
    before = queries(client, theme_page.url)
    with unindexed():
        for number in range(50):
            add_page(theme_page, ArticlePage(title="Article", slug=f"p{number}"))
    assert client.get(theme_page.url).content.count(b"/en/themes/power/p") >= 50
    assert queries(client, theme_page.url) == before


def test_a_slice_of_the_sitemap_costs_the_same_for_two_and_for_two_hundred_pages(client: Any, crowd: Crowd) -> None:
    few, most = (queries(client, f"/api/v1/sitemap?limit={limit}") for limit in (2, ROWS))
    assert few == most <= 8


def test_feeds_cost_the_same_for_two_and_for_fifty_pages(client: Any, crowd: Crowd) -> None:
    theme_page, starts_at = crowd.hub.sections["data"], timezone.now()
    with unindexed():
        for number, article in enumerate(crowd.pages[:50]):
            body = [("text", f'<p><a linktype="page" id="{article.pk}">x</a></p>'), ("related", [article])]
            page = ActivityPage(title="Day", slug=f"e{number}", body=body, starts_at=starts_at, ends_at=starts_at)
            page.image = new_image(width=20, height=10)
            add_page(theme_page, page)
            page.themes.add(crowd.hub.themes["data"])
            page.tags.add(f"tag {number}")
            page.save()
    for form in ("json", "rss", "atom", "ics"):
        address = f"/api/v1/feed.{form}?type=activity&theme=data"
        few, most = (queries(client, f"{address}&limit={limit}") for limit in (2, 50))
        assert few == most <= 24, form
        assert client.get(f"{address}&limit=50").content.count(b"/en/themes/data/e") >= 50
