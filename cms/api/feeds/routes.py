"""`/feed.json`, `/feed.rss`, `/feed.atom` and `/feed.ics`: new pages and coming events, for feed readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from ninja import Query, Router, Schema
from pydantic import Field, create_model
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from cms.api.feeds.calendars import build_calendar, coming_pages
from cms.api.feeds.items import Feed, FeedAuthor, build_items
from cms.api.feeds.syndication import to_atom, to_rss
from cms.api.http.caching import timed
from cms.api.http.params import Language
from cms.api.http.renderer import without_controls
from cms.api.plain_html import one_line
from cms.api.routes.page_query import MAX_WORDS, Slug
from cms.api.routes.pages import site_of
from cms.content.queries import load_in_order, public_pages, tagged, with_themes
from cms.content.site_tree import structure
from cms.plugins import PageType
from cms.plugins.fences import noting
from cms.plugins.registry import page_types

MAX_LIMIT = 50
JSON_FEED = "https://jsonfeed.org/version/1.1"


class FeedQuery(Schema):
    """The query parameters of a feed."""

    theme: list[Slug] = Field(
        default=[], max_length=MAX_WORDS, description="Pages with any of these themes (slugs).", examples=[["data"]]
    )
    tag: list[Slug] = Field(
        default=[], max_length=MAX_WORDS, description="Pages with any of these tags (slugs).", examples=[["maps"]]
    )
    locale: Language | None = Field(
        default=None, description="The language (its code); by default the site's main one.", examples=["nl"]
    )
    limit: int = Field(default=20, ge=1, le=MAX_LIMIT, description="How many pages to return at most.", examples=[20])

    if TYPE_CHECKING:  # added by `_query_model`, with the names of the page types
        type: list[str]


class CalendarQuery(FeedQuery):
    """The query parameters of a calendar."""

    # A calendar contains no texts, so it can be longer, and readers would miss what it leaves out.
    limit: int = Field(
        default=100, ge=1, le=200, description="How many pages to return at most, in order of time.", examples=[50]
    )


def feeds_router() -> Router:
    """Return the routes of those feeds for which there are page types."""
    router = Router(tags=["feeds"])
    feed_types = [page_type for page_type in page_types().values() if page_type.feed]
    calendar_types = [page_type for page_type in page_types().values() if page_type.calendar]
    if feed_types:
        query = _query_model(FeedQuery, feed_types)
        _add_json(router, query)
        _add_xml(router, query, word="rss", write=to_rss)
        _add_xml(router, query, word="atom", write=to_atom)
    if calendar_types:
        _add_calendar(router, _query_model(CalendarQuery, calendar_types))
    return router


def _add_json(router: Router, query_model: type[FeedQuery]) -> None:
    def get_json_feed(request: HttpRequest, query: FeedQuery) -> HttpResponse:
        """Return the newest public pages as a JSON Feed."""
        feed = build_feed(request, query)
        return _response(
            without_controls(feed.model_dump_json(exclude_none=True)), "application/feed+json", feed.language
        )

    get_json_feed.__annotations__["query"] = Query[query_model]  # type: ignore[misc, valid-type]  # known at run time only
    operation = router.get(
        "/feed.json",
        operation_id="getFeedJson",
        summary="Get the newest pages as JSON Feed",
        openapi_extra=_answer("application/feed+json", {"$ref": "#/components/schemas/Feed"}),
    )
    operation(get_json_feed)


def _add_xml(router: Router, query_model: type[FeedQuery], *, word: str, write: Callable[[Feed], str]) -> None:
    media_type = f"application/{word}+xml"

    def get_feed(request: HttpRequest, query: FeedQuery) -> HttpResponse:
        """Return the newest public pages with their full texts."""
        feed = build_feed(request, query)
        return _response(write(feed), media_type, feed.language)

    get_feed.__annotations__["query"] = Query[query_model]  # type: ignore[misc, valid-type]  # known at run time only
    operation = router.get(
        f"/feed.{word}",
        operation_id=f"getFeed{word.title()}",
        url_name=f"feed-{word}",
        summary=f"Get the newest pages as {word.upper() if word == 'rss' else word.title()}",
        openapi_extra=_answer(media_type, {"type": "string", "description": "The feed, as XML."}),
    )
    operation(get_feed)


def _add_calendar(router: Router, query_model: type[FeedQuery]) -> None:
    def get_calendar(request: HttpRequest, query: FeedQuery) -> HttpResponse:
        """Return coming events and those of the last month, in order of time."""
        site, now = site_of(request), timezone.now()
        calendar = _calendar(request, query, site=site, now=now)
        return _response(calendar, "text/calendar", _language(site, query))

    get_calendar.__annotations__["query"] = Query[query_model]  # type: ignore[misc, valid-type]  # known at run time only
    operation = router.get(
        "/feed.ics",
        operation_id="getFeedIcs",
        summary="Get coming events as iCalendar",
        openapi_extra=_answer("text/calendar", {"type": "string", "description": "The calendar (RFC 5545)."}),
    )
    operation(timed(get_calendar))  # past events disappear with time, even if nobody changes anything


def build_feed(request: HttpRequest, query: FeedQuery) -> Feed:
    """Return the feed that `query` asks for; raise Http404 if there is no site."""
    site, now = site_of(request), timezone.now()
    language = _language(site, query)
    found = _narrowed(public_pages(site=site, now=now, model=Page), query=query).filter(_has_text(query, language))
    newest = found.order_by("-first_published_at", "-pk")[: query.limit]
    home = _home(site, language)
    return Feed(
        version=JSON_FEED,
        title=_title(site, query, language=language),
        home_page_url=home,
        feed_url=request.build_absolute_uri(),
        language=language,
        authors=[FeedAuthor(name=one_line(site.site_name or site.hostname), url=home)],
        items=build_items(pages=load_in_order(newest), language=language, site=site, now=now),
    )


def _calendar(request: HttpRequest, query: FeedQuery, *, site: Site, now: datetime) -> bytes:
    language = _language(site, query)
    types = query.type or [page_type.type for page_type in page_types().values() if page_type.calendar]

    def public(model: type[Page]) -> PageQuerySet:
        return _narrowed(public_pages(site=site, now=now, model=model), query=query)

    return build_calendar(
        pages=coming_pages(public=public, language=language, types=types, limit=query.limit, now=now),
        title=_title(site, query, language=language),
        language=language,
        url=_home(site, language),
        source=request.build_absolute_uri(),
        site=site,
        now=now,
    )


def _response(body: str | bytes, media_type: str, language: str) -> HttpResponse:
    return HttpResponse(body, content_type=f"{media_type}; charset=utf-8", headers={"Content-Language": language})


def _language(site: Site, query: FeedQuery) -> str:
    return query.locale or structure().roots_of(site)[0].language


def _narrowed(pages: PageQuerySet, *, query: FeedQuery) -> PageQuerySet:
    if query.theme:
        pages = with_themes(pages, slugs=query.theme)
    if query.tag:
        pages = tagged(pages, slugs=query.tag)
    return pages


def _has_text(query: FeedQuery, language: str) -> Q:
    """Return the condition for pages of the requested types that have text in the language."""
    types = {model: page_type for model, page_type in page_types().items() if page_type.feed}
    requested = query.type or [page_type.type for page_type in types.values()]
    conditions = (
        _of_type(model, page_type, language) for model, page_type in types.items() if page_type.type in requested
    )
    return reduce(or_, conditions)


def _of_type(model: type[Model], page_type: PageType, language: str) -> Q:
    having = page_type.feed.having if page_type.feed else None
    if having:
        with noting("feed", of=page_type, about=language):
            pages = model._default_manager.filter(having(language))
            return Q(pk__in=pages.values("pk"))
    return Q(content_type=ContentType.objects.get_for_model(model), locale__language_code=language)


def _home(site: Site, language: str) -> str:
    roots = structure().roots_of(site)
    return f"{site.root_url}{next((root.address for root in roots if root.language == language), '/')}"


def _title(site: Site, query: FeedQuery, *, language: str) -> str:
    """Return the site's name and what narrows the feed, so that a reader can tell several feeds apart."""
    with translation.override(language):
        models = [model for model, page_type in page_types().items() if page_type.type in query.type]
        parts = [str(model._meta.verbose_name_plural) for model in models]
    if query.theme:
        parts += [theme.name_in(language) for theme in structure().themes.values() if theme.slug in query.theme]
    parts += query.tag
    name = site.site_name or site.hostname
    return one_line(f"{name}: {', '.join(parts)}" if parts else name)


def _query_model(base: type[FeedQuery], types: list[PageType]) -> type[FeedQuery]:
    """Return the query parameters with `type`, which takes the names of these types."""
    names: Any = Literal.__getitem__(tuple(sorted(page_type.type for page_type in types)))
    field: Any = (
        list[names],
        Field(default=[], description="Pages of any of these types; by default all.", examples=[[types[0].type]]),
    )
    return create_model(base.__name__, __base__=base, __doc__=base.__doc__, type=field)


def _answer(media_type: str, schema: dict[str, str]) -> dict[str, object]:
    return {"responses": {200: {"description": "OK", "content": {media_type: {"schema": schema}}}}}
