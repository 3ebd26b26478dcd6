"""The query of `/pages`: its parameters, the pages that match them, and their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.db.models import F, IntegerField, Model, Q, Subquery
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.utils import timezone
from ninja import Schema
from pydantic import Field, create_model
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from cms.api.http.params import Language, Moment
from cms.content.queries import (
    in_language,
    load_keys,
    public_pages,
    route_to,
    tagged,
    with_cross_cutting,
    with_themes,
)
from cms.models import HubPage
from cms.models.search_fields import composed
from cms.plugins import PageFilter, PageType
from cms.plugins.fences import noting
from cms.plugins.registry import page_types

MAX_LIMIT = 100
MAX_OFFSET = 5000
MAX_WORDS = 20
# Counting stops here: a database has to look at each row that it counts, and a reader sees no difference.
MAX_COUNT = 1000
MAX_MATCHES = MAX_COUNT + 1  # how many of the best matches a search returns

ORDERS = {
    "-published_at": ("-first_published_at", "-pk"),
    "published_at": ("first_published_at", "pk"),
    "title": ("title", "pk"),
    "position": ("path",),
}


# The pattern keeps out what PostgreSQL refuses, such as NUL.
Slug = Annotated[str, Field(pattern=r"^[-\w]+$", max_length=255)]
MAX_KEY = 2**31 - 1
Key = Annotated[int, Field(ge=0, le=MAX_KEY)]


class RowCount(Subquery):
    """The number of rows of a queryset, as a column of another queryset: both in one query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


class PageQuery(Schema):
    """The query parameters of `/pages` that all types share."""

    theme: list[Slug] = Field(
        default=[], max_length=MAX_WORDS, description="Pages with any of these themes (slugs).", examples=[["data"]]
    )
    cross_cutting: list[Slug] = Field(
        default=[],
        max_length=MAX_WORDS,
        description="Pages with any of these cross-cutting themes (slugs).",
        examples=[["local-ownership"]],
    )
    tag: list[Slug] = Field(
        default=[], max_length=MAX_WORDS, description="Pages with any of these tags (slugs).", examples=[["open-data"]]
    )
    locale: Language | None = Field(default=None, description="Pages in this language (its code).", examples=["en"])
    parent: Key | None = Field(default=None, description="Pages directly under the page with this key.", examples=[12])
    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description=f"Pages with all of these words in title, summary or text: the {MAX_MATCHES:,} best matches.",
        examples=["open data"],
    )
    published_from: Moment | None = Field(
        default=None, description="Pages first published at this time or later.", examples=["2026-01-01T00:00:00Z"]
    )
    published_to: Moment | None = Field(
        default=None, description="Pages first published before this time.", examples=["2027-01-01T00:00:00Z"]
    )
    limit: int = Field(default=20, ge=1, le=MAX_LIMIT, description="How many pages to return at most.", examples=[20])
    offset: int = Field(default=0, ge=0, le=MAX_OFFSET, description="How many pages to skip.", examples=[0])

    if TYPE_CHECKING:  # added by `page_query_model`, with the names of the installed types and their orders
        type: list[str]
        order: str | None


SHARED_PARAMETERS = frozenset({*PageQuery.model_fields, "type", "order"})


def page_query_model() -> type[PageQuery]:
    """Return the query parameters with those that the installed page types add."""
    types: list[PageType] = sorted(page_types().values(), key=lambda page_type: page_type.type)
    names: Any = Literal.__getitem__(tuple(page_type.type for page_type in types))
    own = sorted({order for page_type in types for name in page_type.orders for order in (name, f"-{name}")})
    orders: Any = Literal.__getitem__((*ORDERS, "relevance", *own))
    added: dict[str, Any] = {
        own_filter.name: (
            (Moment if own_filter.annotation is datetime else own_filter.annotation) | None,
            Field(default=None, description=own_filter.description),
        )
        for page_type in types
        for own_filter in page_type.filters
    }
    added["type"] = (list[names], Field(default=[], description="Pages of any of these types."))
    added["order"] = (
        orders | None,
        Field(
            default=None,
            description="The order of the pages; `-` reverses it. `position` is the editors' order, `relevance` puts "
            "the best matches of `q` first (without `q`, the newest pages). The default is `relevance` with `q`, "
            "otherwise `-published_at`. An order by a field that only some types have leaves out the other types.",
        ),
    )
    return create_model("PageListQuery", __base__=PageQuery, __doc__=PageQuery.__doc__, **added)


def find_pages(*, query: PageQuery, site: Site, now: datetime) -> PageQuerySet:
    """Return the public pages that match all parameters of `query`, unordered.

    If `query` uses fields that only one type has, the queryset is of its model, for the indexes of its table; otherwise
    it is of `Page`.
    """
    models, own = models_asked_for(query), own_parameters(query)
    model = models[0] if len(models) == 1 and own else Page
    pages = public_pages(site=site, now=now, model=model)
    if len(models) < len(page_types()):
        pages = pages.exact_type(*models)
    if query.theme:
        pages = with_themes(pages, slugs=query.theme)
    if query.cross_cutting:
        pages = with_cross_cutting(pages, slugs=query.cross_cutting)
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
    return _by_type_filters(pages, models=models, query=query, now=now)


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Some pages of a list, in order; `count` stops at MAX_COUNT + 1, `has_next` says whether more pages follow."""

    count: int
    has_next: bool
    pages: list[HubPage]


def load_slice(*, query: PageQuery, found: PageQuerySet) -> Slice:
    """Return the slice of the pages in `found` that `query` asks for, as specific pages."""
    start, end = query.offset, query.offset + query.limit
    if query.q is not None:
        return _search_slice(query, found, start=start, end=end)
    countable = found.order_by()[: MAX_COUNT + 1]
    ordered = found.order_by(*_order(query, found)).annotate(total=RowCount(countable.values("pk")))
    rows = list(ordered.values_list("pk", "content_type_id", "total")[start : end + 1])
    return Slice(
        count=rows[0][2] if rows else countable.count(),
        has_next=len(rows) > query.limit,
        pages=load_keys({key: kind for key, kind, _ in rows[: query.limit]}, bodies=False),
    )


def _search_slice(query: PageQuery, found: PageQuerySet, *, start: int, end: int) -> Slice:
    matches = _matches(query.q or "", among=found)
    if query.order not in {None, "relevance"}:
        ordered = found.filter(pk__in=matches).order_by(*_order(query, found))
        matches = dict(ordered.values_list("pk", "content_type_id"))
    shown = dict(list(matches.items())[start:end])
    return Slice(count=len(matches), has_next=end < len(matches), pages=load_keys(shown, bodies=False))


def models_asked_for(query: PageQuery) -> list[type[Model]]:
    """Return the page models that `query` does not rule out by its types, its order and its filters."""
    order, filters = (query.order or "").lstrip("-"), own_parameters(query) - {"order"}
    return [
        model
        for model, page_type in page_types().items()
        if (not query.type or page_type.type in query.type)
        and (order in {"", "relevance"} or query.order in ORDERS or order in page_type.orders)
        and filters <= {own_filter.name for own_filter in page_type.filters}
    ]


def own_parameters(query: PageQuery) -> set[str]:
    """Return the names of the parameters that only some types have: their filters, and "order" if it is theirs."""
    filters = query.model_fields_set - SHARED_PARAMETERS
    given = {name for name in filters if getattr(query, name) is not None}
    return given | ({"order"} if query.order not in {None, "relevance", *ORDERS} else set())


def _order(query: PageQuery, found: PageQuerySet) -> tuple[str | OrderBy, ...]:
    name = "-published_at" if query.order in {None, "relevance"} else query.order
    models = models_asked_for(query)
    if name in ORDERS or not models:
        return ORDERS.get(name, ("pk",))
    field: F | Coalesce = F(name.lstrip("-"))
    if found.model is Page:
        first, *others = (F(f"hubpage__{route_to(model)}__{name.lstrip('-')}") for model in models)
        field = Coalesce(first, *others) if others else first
    return (field.desc(), "-pk") if name.startswith("-") else (field.asc(), "pk")


def _matches(text: str, *, among: PageQuerySet) -> dict[int, int]:
    """Return the pages in `among` with all words of `text`, best match first: their content types by their keys."""
    # Punctuation could be read as SQLite's operators.
    words = " ".join(re.findall(r"\w+", composed(text)))
    if not words:
        return {}
    # By key, as search refuses conditions on fields that it does not index.
    pages = HubPage.objects.filter(pk__in=among.values("pk")).only("content_type")
    return {page.pk: page.content_type_id for page in pages.search(words, operator="and")[:MAX_MATCHES]}


def _by_type_filters(
    pages: PageQuerySet, *, models: list[type[Model]], query: PageQuery, now: datetime
) -> PageQuerySet:
    for name in sorted(own_parameters(query) - {"order"}):
        value = getattr(query, name)
        value = _aware(value) if isinstance(value, datetime) else value
        conditions = {
            model: _condition(own_filter, value, now, of=page_types()[model])
            for model in models
            for own_filter in page_types()[model].filters
            if own_filter.name == name
        }
        if pages.model in conditions:
            pages = pages.filter(conditions[pages.model])
            continue
        found = (model._default_manager.filter(condition) for model, condition in conditions.items())
        keys = [pages_of_type.order_by().values("pk") for pages_of_type in found]
        pages = pages.filter(pk__in=keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]) if keys else pages.none()
    return pages


def _condition(own_filter: PageFilter, value: object, now: datetime, *, of: PageType) -> Q:
    with noting(f"filter {own_filter.name}", of=of, about=value):
        lookup = own_filter.lookup
        condition: object = Q(**{lookup: value}) if isinstance(lookup, str) else lookup(value, now)
        if not isinstance(condition, Q):
            raise TypeError(f"the filter returned {type(condition).__name__} instead of a Q")
        return condition


def _aware(value: datetime) -> datetime:
    """Return the time in UTC; without a zone it is in the hub's, beyond the calendar it becomes the calendar's end."""
    try:
        return (timezone.make_aware(value) if timezone.is_naive(value) else value).astimezone(UTC)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC) if value.year == 1 else datetime(9999, 12, 31, tzinfo=UTC)
