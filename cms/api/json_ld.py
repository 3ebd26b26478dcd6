"""What search engines read about a page: schema.org data as JSON-LD (https://schema.org/docs/schemas.html)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urljoin

from wagtail.models import Site

from cms.api.values import CrossCuttingRef, Image, PageRef, TagRef, ThemeRef
from cms.content.site_tree import structure

ORGANISATION = "/#organization"
WEBSITE = "/#website"

# Something that schema.org describes: its properties by their names.
Thing = dict[str, object]


class SeoWords(Protocol):
    """What search engines show of a page."""

    title: str
    description: str


class DescribedPage(Protocol):
    """A page as it is described to search engines, such as a `PageDetail`."""

    title: str
    summary: str
    url: str
    locale: str
    image: Image | None
    themes: list[ThemeRef]
    cross_cutting: list[CrossCuttingRef]
    tags: list[TagRef]
    published_at: datetime | None
    updated_at: datetime | None

    @property
    def seo(self) -> SeoWords:
        """What search engines show of the page."""

    @property
    def ancestors(self) -> Sequence[PageRef]:
        """The pages above this one, from the front page down."""

    def schema_org(self) -> Thing:
        """Return what the page is about."""

    def organisation_facts(self) -> Thing:
        """Return what the page says of the organisation."""


def build_json_ld(detail: DescribedPage, *, site: Site) -> Thing:
    """Return the graph of a page: the page, what it is about, its breadcrumbs, the site and its organisation."""
    things = [
        _web_page(detail),
        *_main_entity(detail),
        _breadcrumbs(detail),
        {
            "@type": "WebSite",
            "@id": urljoin(detail.url, WEBSITE),
            "url": f"{site.root_url}/",
            "name": site.site_name or site.hostname,
            "publisher": organisation_ref(detail),
        },
        {
            "@type": "Organization",
            "@id": urljoin(detail.url, ORGANISATION),
            "name": _organisation(site),
            **detail.organisation_facts(),
        },
    ]
    return {"@context": "https://schema.org", "@graph": [_filled(thing) for thing in things]}


def creative_work(detail: DescribedPage) -> Thing:
    """Return the properties that all kinds of schema.org's CreativeWork share, for `PageDetail.schema_org`."""
    return {
        "headline": detail.title,
        "inLanguage": detail.locale,
        "datePublished": _iso(detail.published_at),
        "dateModified": _iso(detail.updated_at),
        "keywords": [label.name for labels in (detail.themes, detail.cross_cutting, detail.tags) for label in labels],
        "author": organisation_ref(detail),
        "publisher": organisation_ref(detail),
    }


def organisation_ref(detail: DescribedPage) -> dict[str, str]:
    """Return a reference to the organisation behind the site, which is in the same graph."""
    return {"@id": urljoin(detail.url, ORGANISATION)}


def _web_page(detail: DescribedPage) -> Thing:
    return {
        "@type": "WebPage",
        "@id": detail.url,
        "url": detail.url,
        "name": detail.seo.title,
        "description": detail.seo.description,
        "inLanguage": detail.locale,
        "datePublished": _iso(detail.published_at),
        "dateModified": _iso(detail.updated_at),
        "primaryImageOfPage": _picture(detail),
        "isPartOf": {"@id": urljoin(detail.url, WEBSITE)},
        "breadcrumb": {"@id": f"{detail.url}#breadcrumb"},
    }


def _main_entity(detail: DescribedPage) -> list[Thing]:
    own = detail.schema_org()
    if not own:
        return []
    shared = {
        "@id": f"{detail.url}#main",
        "url": detail.url,
        "name": detail.title,
        "description": detail.summary,
        "image": _picture(detail),
        "mainEntityOfPage": {"@id": detail.url},
    }
    return [shared | own]


def _breadcrumbs(detail: DescribedPage) -> Thing:
    steps = [(ancestor.title, ancestor.url) for ancestor in detail.ancestors] + [(detail.title, detail.url)]
    return {
        "@type": "BreadcrumbList",
        "@id": f"{detail.url}#breadcrumb",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(steps, start=1)
        ],
    }


def _picture(detail: DescribedPage) -> Thing | None:
    image = detail.image
    return {"@type": "ImageObject", "url": image.src, "caption": image.alt} if image else None


def _organisation(site: Site) -> str:
    return next((root.organisation for root in structure().roots_of(site)), site.hostname)


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _filled(thing: Thing) -> Thing:
    """Return the thing without its empty properties."""
    return {name: value for name, value in thing.items() if value not in (None, "", [])}
