"""`/sitemap`: every public page with its translations, in slices that cost the same wherever they begin."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field
from wagtail.query import PageQuerySet

from cms.api.context import BuildContext
from cms.api.http.params import Language
from cms.api.routes.page_query import Key
from cms.api.routes.pages import site_of
from cms.api.values import LanguageCode, Value
from cms.content.queries import in_language, public_pages
from cms.models import HubPage
from cms.plugins import References

MAX_LIMIT = 1000

router = Router(tags=["site"])


class SitemapQuery(Schema):
    """Which slice of the sitemap."""

    locale: Language | None = Field(default=None, description="Pages in this language (its code).", examples=["nl"])
    after: Key = Field(default=0, description="Pages after the one with this key; `next` fills it in.", examples=[12])
    limit: int = Field(
        default=MAX_LIMIT, ge=1, le=MAX_LIMIT, description="How many pages to return at most.", examples=[100]
    )


class SitemapPage(Value):
    """A page as a sitemap needs it."""

    id: int = Field(description="The page's key, as in `/pages/{id}`.", examples=[12])
    type: str = Field(description="The page's type, as in `/pages?type=`.", examples=["article"])
    locale: LanguageCode = Field(description="The code of the page's language, such as `nl`.", examples=["nl"])
    path: str = Field(description="The page's path on the site, such as `/nl/team/`.", examples=["/nl/team/"])
    url: str = Field(description="The page's full address on the site.", examples=["https://hub.example.org/nl/team/"])
    updated_at: datetime | None = Field(
        description="When the page was last published, for `lastmod`.", examples=["2026-11-03T10:00:00Z"]
    )
    alternates: dict[str, str] = Field(
        description="The full addresses of the page in all its public languages, including its own, by language "
        "code: for `hreflang` and `href`.",
        examples=[{"en": "https://hub.example.org/en/team/", "nl": "https://hub.example.org/nl/team/"}],
    )


class Sitemap(Value):
    """A slice of the site's public pages, in the order of their keys."""

    items: list[SitemapPage] = Field(description="The pages of this slice.")
    next: str | None = Field(
        description="The address of the next slice, if there is one.",
        examples=["https://hub.example.org/api/v1/sitemap?after=1012"],
    )


@router.get("/sitemap", response=Sitemap, operation_id="getSitemap", summary="List all pages for a sitemap")
def get_sitemap(request: HttpRequest, query: Query[SitemapQuery]) -> Sitemap:
    """Return the public pages and the addresses of their translations; follow `next` until there is none."""
    site, now = site_of(request), timezone.now()
    public = public_pages(site=site, now=now)
    found = in_language(public, language=query.locale) if query.locale else public
    pages = list(found.filter(pk__gt=query.after).order_by("pk")[: query.limit + 1])
    page_after, pages = pages[query.limit :], pages[: query.limit]
    context = BuildContext(site=site, now=now, pages=pages, references=References())
    alternates = _alternates(public, pages, context)
    return Sitemap(
        items=[_item(page, alternates[page.translation_key], context) for page in pages],
        next=_address(request, after=pages[-1].pk) if page_after else None,
    )


def _alternates(public: PageQuerySet, pages: list[HubPage], context: BuildContext) -> dict[UUID, dict[str, str]]:
    """Return the addresses of the public translations by language, by the key that translations share."""
    found: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    keys = {page.translation_key for page in pages}
    for page in public.filter(translation_key__in=keys).order_by("locale__language_code"):
        place = context.place(page)
        found[page.translation_key][place["locale"]] = place["url"]
    return found


def _item(page: HubPage, alternates: dict[str, str], context: BuildContext) -> SitemapPage:
    place = context.place(page)
    return SitemapPage(
        id=place["id"],
        type=place["type"],
        locale=place["locale"],
        path=place["path"],
        url=place["url"],
        updated_at=page.last_published_at,
        alternates=alternates,
    )


def _address(request: HttpRequest, *, after: int) -> str:
    params = request.GET.copy()
    params["after"] = str(after)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
