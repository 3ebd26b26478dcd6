"""The one way from pages to what the API says of them: for lists, details, previews and plain pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from wagtail.models import Site

from cms.api.context import BuildContext
from cms.api.schemas import PageContent, PageDetail, PageSummary
from cms.content.references import card_references, page_references
from cms.models import HubPage
from cms.plugins import References
from cms.plugins.registry import page_types


def build_summaries(*, pages: Sequence[HubPage], site: Site, now: datetime) -> list[PageSummary]:
    """Return the summaries of these specific pages, in their order; the number of queries is fixed."""
    types = page_types()
    known = [(page, types[type(page)].summary) for page in pages if type(page) in types]
    points = (card_references(page) | schema.references(page=page) for page, schema in known)
    context = BuildContext(site=site, now=now, pages=pages, references=reduce(or_, points, References()))
    return [schema.build(page=page, context=context) for page, schema in known]


def build_contents(*, pages: Sequence[HubPage], site: Site, now: datetime) -> list[PageContent]:
    """Return the contents of these specific pages, in their order; the number of queries is fixed."""
    points = (page_references(page) for page in pages)
    context = BuildContext(site=site, now=now, pages=pages, references=reduce(or_, points, References()))
    return [PageContent.build(page=page, context=context) for page in pages]


def build_detail(*, page: HubPage, site: Site, now: datetime, draft: bool = False) -> PageDetail:
    """Return the detail of this specific page; with `draft`, of the page as it stands in memory.

    Raises KeyError if no installed plugin declares the page's type.
    """
    schema = page_types()[type(page)].detail
    points = page_references(page) | schema.references(page=page)
    context = BuildContext(site=site, now=now, pages=[page], references=points, draft=draft)
    return schema.build(page=page, context=context)
