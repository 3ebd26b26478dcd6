"""What the public may see: every reader of pages and files outside the admin starts from here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet
from wagtail.models import CollectionViewRestriction, Page, PageViewRestriction, Site

from cms.models import HubPage
from cms.registry import page_types


@dataclass(frozen=True, kw_only=True)
class SiteRoot:
    """The front page of one language of a site: `path` is its place in the tree, `url_path` in addresses."""

    pk: int
    path: str
    depth: int
    url_path: str
    language: str


def public_pages(*, site: Site, now: datetime) -> Any:
    """Return the pages of `site`, in all languages, that anybody may see at `now`, as a `HubPage` queryset.

    Left out: drafts, expired pages, pages behind a view restriction of their own or of an ancestor, pages of
    other sites (also of a site inside this one), pages whose plugin is not installed.
    """
    own, foreign = _roots(site)
    return (
        HubPage.objects.live()
        .exact_type(*page_types())
        .exclude(expire_at__lte=now)
        .filter(_under([root.path for root in own]))
        .exclude(_under([*foreign, *_restricted_paths()]))
    )


def in_language(pages: Any, *, language: str) -> Any:
    """Return those of `pages` that are in `language` (a locale's code)."""
    return pages.filter(locale__language_code=language)


def tagged(pages: Any, *, slugs: Collection[str]) -> Any:
    """Return those of `pages` that have any of the tags with these slugs."""
    return pages.filter(pk__in=HubPage.tags.through.objects.filter(tag__slug__in=slugs).values("content_object"))


def with_themes(pages: Any, *, slugs: Collection[str]) -> Any:
    """Return those of `pages` that have any of the themes with these slugs."""
    return pages.filter(pk__in=HubPage.themes.through.objects.filter(theme__slug__in=slugs).values("hubpage"))


def public_files(model: type[Model]) -> QuerySet[Any]:
    """Return the images or documents (`model`) that stand in no restricted collection."""
    restricted = list(
        CollectionViewRestriction.objects.exclude(restriction_type=CollectionViewRestriction.NONE)
        .order_by()
        .values_list("collection__path", flat=True)
    )
    return model._default_manager.exclude(_under(restricted, field="collection__path"))


def site_roots(*, site: Site) -> list[SiteRoot]:
    """Return the front pages of `site`, one per language, the main one first; live or not."""
    return _roots(site)[0]


def _roots(site: Site) -> tuple[list[SiteRoot], list[str]]:
    rows = Page.objects.filter(translation_key__in=Site.objects.values("root_page__translation_key")).values_list(
        "translation_key", "pk", "path", "depth", "url_path", "locale__language_code"
    )
    every = [(row[0], SiteRoot(pk=row[1], path=row[2], depth=row[3], url_path=row[4], language=row[5])) for row in rows]
    key = next((key for key, root in every if root.pk == site.root_page_id), None)
    own = sorted((root for k, root in every if k == key), key=lambda root: root.pk != site.root_page_id)
    foreign = [root.path for k, root in every if k != key and any(root.path.startswith(mine.path) for mine in own)]
    return own, foreign


def _restricted_paths() -> list[str]:
    restrictions = PageViewRestriction.objects.exclude(restriction_type=PageViewRestriction.NONE)
    return list(restrictions.order_by().values_list("page__path", flat=True))


def _under(paths: Collection[str], *, field: str = "path") -> Q:
    return reduce(or_, (Q(**{f"{field}__startswith": path}) for path in paths), Q(pk__in=[]))
