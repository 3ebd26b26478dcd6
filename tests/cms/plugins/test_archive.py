"""Archive items: their document, what became of them, and how they are found."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.documents.models import Document

from archive.models import ArchiveItemLink, ArchiveItemPage
from tests.conftest import add_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def magazine(archive: Any) -> ArchiveItemPage:
    document = Document.objects.create(title="Magazine", file=ContentFile(b"%PDF", name="magazine.pdf"), file_size=4)
    page = ArchiveItemPage(
        title="Five years", slug="mag", kind="magazine", year=2020, document=document, page_count=48, outcome="In use."
    )
    page.links.set([ArchiveItemLink(text="The website", url="https://example.org/")])
    return add_page(archive, page)


def told(client: Any, page: Any) -> dict[str, Any]:
    return client.get(f"/api/v1/pages/{page.pk}").json()


def work(client: Any, page: Any) -> dict[str, Any]:
    things = told(client, page)["seo"]["json_ld"]["@graph"]
    return next(thing for thing in things if thing.get("@id", "").endswith("#main"))


def test_an_item_says_how_large_its_document_is_and_what_became_of_it(client: Any, magazine: Any) -> None:
    found = told(client, magazine)
    assert (found["document"]["size"], found["page_count"], found["outcome"]) == (4, 48, "In use.")
    assert found["links"] == [{"text": "The website", "url": "https://example.org/"}]
    soup = BeautifulSoup(client.get(magazine.url).content, "html.parser")
    text = " ".join(soup.get_text(" ").split())
    for words in ("Magazine, 2020", "PDF, 4", "48 pages", "What became of it", "In use."):
        assert words in text
    assert soup.find("a", href="https://example.org/")


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("magazine", "PublicationIssue"), ("publication", "Report"), ("project", "CreativeWork")],
)
def test_search_engines_are_told_the_kind(client: Any, magazine: Any, kind: str, type_: str) -> None:
    ArchiveItemPage.objects.update(kind=kind)
    found = work(client, magazine)
    assert (found["@type"], found["numberOfPages"], found["encoding"]["contentSize"]) == (type_, 48, "4")


def test_a_deleted_document_is_left_out(client: Any, magazine: Any) -> None:
    Document.objects.get().delete()
    assert told(client, magazine)["document"] is None
    assert "48 pages" not in client.get(magazine.url).content.decode()
    assert "encoding" not in work(client, magazine)


def test_items_are_found_by_kind_year_and_what_became_of_them(client: Any, magazine: Any, item: Any) -> None:
    for query, slugs in {"kind=magazine": {"mag"}, "year=2020": {"mag", "five-years"}, "q=website": {"mag"}}.items():
        assert {each["slug"] for each in client.get(f"/api/v1/pages?{query}").json()["items"]} == slugs
    assert client.get("/api/v1/pages?kind=book").status_code == 422


def test_a_document_has_at_least_a_page_and_a_link_an_address(magazine: Any) -> None:
    magazine.page_count = 0
    with pytest.raises(ValidationError):
        magazine.full_clean()
    with pytest.raises(ValidationError):
        ArchiveItemLink(page=magazine, text="x", url="javascript:alert(1)", locale=magazine.locale).full_clean()


def test_a_detail_costs_the_same_for_one_and_for_many_links(client: Any, archive: Any) -> None:
    counts = []
    for amount in (1, 20):
        page = ArchiveItemPage(title="Item", slug=f"item-{amount}", year=2018)
        page.links.set([ArchiveItemLink(text="Link", url="https://example.org/", sort_order=n) for n in range(amount)])
        add_page(archive, page)
        client.get("/api/v1/site")
        with CaptureQueriesContext(connection) as captured:
            assert len(told(client, page)["links"]) == amount
        counts.append(len(captured))
    assert counts[0] == counts[1]
