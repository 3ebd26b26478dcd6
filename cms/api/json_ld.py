"""What search engines read of a page: schema.org's words as JSON-LD (https://schema.org/docs/schemas.html)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urljoin

from wagtail.models import Site

from cms.api.values import Image, PageRef, TagRef, ThemeRef
from cms.content.site_tree import structure

ORGANISATION = "/#organization"
WEBSITE = "/#website"

# Something in the words of schema.org: its properties by their names.
Thing = dict[str, object]


class SeoWords(Protocol):
    """What search engines show of a page."""

    title: str
    description: str


class DescribedPage(Protocol):
    """What of a page is told to search engines; `PageDetail` is one."""

    title: str
    summary: str
    url: str
    locale: str
    image: Image | None
    themes: list[ThemeRef]
    tags: list[TagRef]
    published_at: datetime | None
    updated_at: datetime | None

    @property
    def seo(self) -> SeoWords:
        """What search engines show of it."""

    @property
    def ancestors(self) -> Sequence[PageRef]:
        """The pages above it, from the front page down."""

    def schema_org(self) -> Thing:
        """Return what it is about."""


def build_json_ld(detail: DescribedPage, *, site: Site) -> Thing:
    """Return the graph of a page: itself, what it is about, the way there, the site and its organisation."""
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
        {"@type": "Organization", "@id": urljoin(detail.url, ORGANISATION), "name": _organisation(site)},
    ]
    return {"@context": "https://schema.org", "@graph": [_filled(thing) for thing in things]}


def creative_work(detail: DescribedPage) -> Thing:
    """Return what a type that is a sort of schema.org's CreativeWork says, for `PageDetail.schema_org`."""
    return {
        "headline": detail.title,
        "inLanguage": detail.locale,
        "datePublished": _iso(detail.published_at),
        "dateModified": _iso(detail.updated_at),
        "keywords": [theme.name for theme in detail.themes] + [tag.name for tag in detail.tags],
        "author": organisation_ref(detail),
        "publisher": organisation_ref(detail),
    }


def organisation_ref(detail: DescribedPage) -> dict[str, str]:
    """Return a reference to the organisation behind the site, which stands in the same graph."""
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
    steps = [(each.title, each.url) for each in detail.ancestors] + [(detail.title, detail.url)]
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
    """Return the thing without what is not known of it."""
    return {name: value for name, value in thing.items() if value not in (None, "", [])}
