"""`/pages`: lists of summaries with filters, and one page in detail."""

from typing import Annotated, TypedDict

from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils import timezone
from django.views.decorators.vary import vary_on_headers
from ninja import P, PathEx, Query, Router
from ninja.decorators import decorate_view
from pydantic import Field, create_model
from typing_extensions import TypeAliasType
from wagtail.models import Site

from cms.api.build import build_detail, build_summaries
from cms.api.http.caching import tag_response
from cms.api.http.renderer import as_json
from cms.api.markdown import MARKDOWN_RESPONSE, markdown_response, wants_markdown
from cms.api.routes.page_query import (
    MAX_COUNT,
    MAX_KEY,
    MAX_OFFSET,
    PageQuery,
    find_pages,
    load_slice,
    page_query_model,
)
from cms.api.values import Value
from cms.content.queries import load_specific, public_pages
from cms.content.site_tree import structure

PageId = PathEx[Annotated[int, Field(examples=[12])], P(description="The page's key, as `id` in lists and references.")]


class PageListing(Value):
    """A slice of a list of pages."""

    count: int = Field(
        description=f"How many pages there are in the whole list; {MAX_COUNT + 1} means that many or more.",
        examples=[42],
    )
    next: str | None = Field(
        description="The address of the next slice, if there is one.",
        examples=["https://hub.example.org/api/v1/pages?offset=20"],
    )
    previous: str | None = Field(description="The address of the previous slice, if there is one.", examples=[None])


class Neighbours(TypedDict):
    """The addresses of the slices before and after one of a list; None where there is none."""

    next: str | None
    previous: str | None


def site_of(request: HttpRequest) -> Site:
    """Return the Wagtail site that the request is for; raise Http404 if there is none."""
    hostname, _ = split_domain_port(request.get_host())
    site = structure().site_for(hostname=hostname, port=request.get_port())
    if site is None:
        raise Http404("No site is set up here.")
    return site


def pages_router(*, summary: TypeAliasType, detail: TypeAliasType) -> Router:
    """Return the routes for pages; `summary` and `detail` are the unions of all types' schemas."""
    router = Router(tags=["pages"])
    items_field = Field(description="The summaries of this slice's pages.")
    summaries = list[summary]  # type: ignore[valid-type]  # known at run time only
    page_list = create_model(
        "PageList", __base__=PageListing, __doc__=PageListing.__doc__, items=(summaries, items_field)
    )

    def list_pages(request: HttpRequest, query: PageQuery) -> HttpResponse:
        """Return summaries of the public pages that match all parameters."""
        return _slice(page_list, request=request, query=query)

    def get_page(request: HttpRequest, page_id: PageId) -> HttpResponse:
        """Return one public page in full."""
        site, now = site_of(request), timezone.now()
        found = public_pages(site=site, now=now).filter(pk=page_id)
        page = next(iter(load_specific(found) if page_id <= MAX_KEY else []), None)
        if page is None:
            raise Http404("There is no such page.")
        detail = build_detail(page=page, site=site, now=now)
        response = markdown_response(detail) if wants_markdown(request) else as_json(detail)
        return tag_response(response, pages=[page])

    list_pages.__annotations__["query"] = Query[page_query_model()]  # type: ignore[misc]  # known at run time only
    router.get("", response=page_list, operation_id="listPages", summary="List pages")(list_pages)
    router.get(
        "/{int:page_id}",
        response=detail,
        operation_id="getPage",
        summary="Get a page",
        openapi_extra=MARKDOWN_RESPONSE,
    )(decorate_view(vary_on_headers("Accept"))(get_page))
    return router


def neighbours(request: HttpRequest, *, offset: int, limit: int, has_next: bool) -> Neighbours:
    """Return the addresses of the `next` and the `previous` slice of a list, None where there is none."""
    end = offset + limit
    return {
        "next": _address(request, offset=end) if has_next and end <= MAX_OFFSET else None,
        "previous": _address(request, offset=max(offset - limit, 0)) if offset else None,
    }


def _slice(page_list: type[PageListing], *, request: HttpRequest, query: PageQuery) -> HttpResponse:
    site, now = site_of(request), timezone.now()
    found = load_slice(query=query, found=find_pages(query=query, site=site, now=now))
    listing = page_list.model_construct(
        count=found.count,
        **neighbours(request, offset=query.offset, limit=query.limit, has_next=found.has_next),
        items=build_summaries(pages=found.pages, site=site, now=now),
    )
    return tag_response(as_json(listing), pages=found.pages)


def _address(request: HttpRequest, *, offset: int) -> str:
    params = request.GET.copy()
    params["offset"] = str(offset)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
