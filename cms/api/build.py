"""Build what the API says about pages, for lists, details, previews and plain pages alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial, reduce
from operator import or_

from wagtail.models import Site

from cms.api.context import BuildContext
from cms.api.schemas import PageContent, PageDetail, PageSummary
from cms.content.references import card_references, page_references
from cms.models import HubPage
from cms.plugins import PageType, References, Summary
from cms.plugins.fences import fenced, noting, require_type
from cms.plugins.registry import page_types


def build_summaries(*, pages: Sequence[HubPage], site: Site, now: datetime) -> list[PageSummary]:
    """Return the summaries of these specific pages, in their order; the number of queries is fixed.

    A page is left out if its plugin fails to build the summary.
    """
    types = page_types()
    known = [(page, types[type(page)]) for page in pages if type(page) in types]
    points = (card_references(page) | _references(page, kind.summary, of=kind) for page, kind in known)
    context = BuildContext(site=site, now=now, pages=pages, references=reduce(or_, points, References()))
    built = (_summary(page, kind, context=context) for page, kind in known)
    return [summary for summary in built if summary is not None]


def _summary(page: HubPage, kind: PageType, *, context: BuildContext) -> PageSummary | None:
    build = partial(kind.summary.build, page=page, context=context)
    return fenced("summary", build, of=kind, about=page, otherwise=None, returns=kind.summary)


def _references(page: HubPage, schema: type[Summary], *, of: PageType) -> References:
    read = partial(schema.references, page=page)
    return fenced("references", read, of=of, about=page, otherwise=References(), returns=References)


def build_contents(*, pages: Sequence[HubPage], site: Site, now: datetime) -> list[PageContent]:
    """Return the contents of these specific pages, in their order; the number of queries is fixed."""
    points = (page_references(page) for page in pages)
    context = BuildContext(site=site, now=now, pages=pages, references=reduce(or_, points, References()))
    return [PageContent.build(page=page, context=context) for page in pages]


def build_detail(*, page: HubPage, site: Site, now: datetime, draft: bool = False) -> PageDetail:
    """Return the detail of this specific page; with `draft`, of the page as it is in memory.

    Raises KeyError if no installed plugin declares the page's type.
    """
    kind = page_types()[type(page)]
    points = page_references(page) | _references(page, kind.detail, of=kind)
    context = BuildContext(site=site, now=now, pages=[page], references=points, draft=draft)
    with noting("detail", of=kind, about=page):
        detail: PageDetail = require_type(kind.detail.build(page=page, context=context), kind.detail)
    return detail
