"""`/pages`: lists of summaries with filters, and one page in detail."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import P, PathEx, Query, Router, Schema
from pydantic import Field, create_model
from wagtail.models import Site

from cms.api.build import build_detail, build_summaries
from cms.api.params import Moment
from cms.api.values import Value
from cms.models import HubPage
from cms.plugins import PageType
from cms.queries import in_language, public_pages, tagged, with_themes
from cms.registry import page_types

MAX_LIMIT = 100
MAX_OFFSET = 10_000
# Wagtail's search cannot be narrowed by most of our filters, so it runs first; this many best matches go on.
MAX_MATCHES = 1000

ORDERS = {
    "-published_at": ("-first_published_at", "-pk"),
    "published_at": ("first_published_at", "pk"),
    "title": ("title", "pk"),
}


# What PostgreSQL refuses (NUL) or stumbles over never gets to it.
Slug = Annotated[str, Field(pattern=r"^[-\w]+$", max_length=255)]
MAX_KEY = 2**31 - 1
Key = Annotated[int, Field(ge=0, le=MAX_KEY)]
PageId = PathEx[Annotated[int, Field(examples=[12])], P(description="The page's key, as `id` in lists and references.")]


class PageQuery(Schema):
    """The query parameters of `/pages` that all types share."""

    theme: list[Slug] = Field(default=[], description="Pages with any of these themes (slugs).", examples=[["data"]])
    tag: list[Slug] = Field(default=[], description="Pages with any of these tags (slugs).", examples=[["open-data"]])
    locale: Slug | None = Field(default=None, description="Pages in this language (its code).", examples=["en"])
    parent: Key | None = Field(default=None, description="Pages directly under the page with this key.", examples=[12])
    q: str | None = Field(
        default=None, min_length=1, max_length=100, description="Pages with all of these words.", examples=["open data"]
    )
    published_from: Moment | None = Field(
        default=None, description="Pages first published at this time or later.", examples=["2026-01-01T00:00:00Z"]
    )
    published_to: Moment | None = Field(
        default=None, description="Pages first published before this time.", examples=["2027-01-01T00:00:00Z"]
    )
    order: Literal["-published_at", "published_at", "title"] = Field(
        default="-published_at", description="What comes first: the latest, the oldest, or by title."
    )
    limit: int = Field(default=20, ge=1, le=MAX_LIMIT, description="How many pages to return at most.", examples=[20])
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET, description="How many pages to skip.", examples=[0])


class PageListing(Value):
    """A slice of a list of pages."""

    count: int = Field(description="How many pages there are in the whole list.", examples=[42])
    next: str | None = Field(
        description="The address of the next slice, if there is one.",
        examples=["https://hub.example.org/api/v1/pages?offset=20"],
    )
    previous: str | None = Field(description="The address of the slice before, if there is one.", examples=[None])


def site_of(request: HttpRequest) -> Site:
    """Return the Wagtail site that the request is for; raise Http404 if there is none."""
    site = Site.find_for_request(request)
    if site is None:
        raise Http404("No site is set up here.")
    return site


def pages_router(*, summary: Any, detail: Any) -> Router:
    """Return the routes for pages; `summary` and `detail` are the unions of all types' schemas."""
    router = Router(tags=["pages"])
    items_field = Field(description="The summaries of this slice's pages.")
    page_list: Any = create_model(
        "PageList", __base__=PageListing, __doc__=PageListing.__doc__, items=(list[summary], items_field)
    )

    def list_pages(request: HttpRequest, query: Any) -> Any:
        """Return summaries of the public pages that all given parameters fit."""
        return _slice(page_list, request=request, query=query)

    def get_page(request: HttpRequest, page_id: PageId) -> Any:
        """Return one public page in full."""
        site, now = site_of(request), timezone.now()
        pages = public_pages(site=site, now=now).filter(pk=page_id).specific()
        page = pages.first() if page_id <= MAX_KEY else None
        if page is None:
            raise Http404("There is no such page.")
        return build_detail(page=page, site=site, now=now)

    list_pages.__annotations__["query"] = Query[_query_model()]  # type: ignore[misc]  # known at run time only
    router.get("", response=page_list, operation_id="listPages", summary="List pages")(list_pages)
    router.get("/{int:page_id}", response=detail, operation_id="getPage", summary="Get a page")(get_page)
    return router


def _slice(page_list: Any, *, request: HttpRequest, query: Any) -> Any:
    site, now = site_of(request), timezone.now()
    found = find_pages(query=query, site=site, now=now)
    count = found.count()
    start, end = query.offset, query.offset + query.limit
    items = list(found.order_by(*ORDERS[query.order]).defer_streamfields().specific()[start:end])
    return page_list(
        count=count,
        next=_address(request, offset=end) if end < count and end <= MAX_OFFSET else None,
        previous=_address(request, offset=max(start - query.limit, 0)) if start else None,
        items=build_summaries(pages=items, site=site, now=now),
    )


def find_pages(*, query: Any, site: Site, now: datetime) -> Any:
    """Return the public pages that all parameters of `query` fit, unordered."""
    pages = public_pages(site=site, now=now)
    if query.type:
        pages = pages.exact_type(*(model for model, each in page_types().items() if each.type in query.type))
    if query.theme:
        pages = with_themes(pages, slugs=query.theme)
    if query.tag:
        pages = tagged(pages, slugs=query.tag)
    if query.locale:
        pages = in_language(pages, language=query.locale)
    if query.parent is not None:
        parent = public_pages(site=site, now=now).filter(pk=query.parent).first()
        pages = pages.child_of(parent) if parent else pages.none()
    if query.published_from:
        pages = pages.filter(first_published_at__gte=_aware(query.published_from))
    if query.published_to:
        pages = pages.filter(first_published_at__lt=_aware(query.published_to))
    if query.q:
        pages = pages.filter(pk__in=_matches(query.q))
    return _by_type_filters(pages, values=query.model_dump(exclude_none=True))


def _matches(text: str) -> list[int]:
    """Return the keys of the pages that hold all words of `text`; marks could be read as SQLite's operators."""
    words = " ".join(re.findall(r"\w+", text))
    if not words:
        return []
    return [page.pk for page in HubPage.objects.live().search(words, operator="and")[:MAX_MATCHES]]


def _by_type_filters(pages: Any, *, values: Mapping[str, Any]) -> Any:
    for name in values.keys() - PageQuery.model_fields.keys() - {"type"}:
        value = _aware(values[name]) if isinstance(values[name], datetime) else values[name]
        found = [
            model._default_manager.filter(**{each.lookup: value}).values("pk")
            for model, page_type in page_types().items()
            for each in page_type.filters
            if each.name == name
        ]
        first, *others = found
        pages = pages.filter(pk__in=first.union(*others) if others else first)
    return pages


def _query_model() -> Any:
    """Return the query parameters with those that the installed page types add."""
    types: list[PageType] = sorted(page_types().values(), key=lambda each: each.type)
    word: Any = Literal.__getitem__(tuple(each.type for each in types))
    added: dict[str, Any] = {
        each.name: (
            (Moment if each.annotation is datetime else each.annotation) | None,
            Field(default=None, description=each.description),
        )
        for page_type in types
        for each in page_type.filters
    }
    added["type"] = (list[word], Field(default=[], description="Pages of any of these types."))
    return create_model("PageListQuery", __base__=PageQuery, __doc__=PageQuery.__doc__, **added)


def _address(request: HttpRequest, *, offset: int) -> str:
    params = request.GET.copy()
    params["offset"] = str(offset)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")


def _aware(value: datetime) -> datetime:
    """Return the time in UTC; one without a zone is in ours, one beyond the calendar is the calendar's end."""
    try:
        return (timezone.make_aware(value) if timezone.is_naive(value) else value).astimezone(UTC)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC) if value.year == 1 else datetime(9999, 12, 31, tzinfo=UTC)
