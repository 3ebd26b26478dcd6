"""What every answer depends on and what rarely changes: sites, front pages, restricted branches, themes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import CharField, IntegerField, OuterRef, Subquery, Value
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction, Site

from cms.models import CrossCuttingTheme, SiteSettings, Theme

SITE_FIELDS = ("id", "hostname", "port", "site_name", "is_default_site")

# What `Structure.roots` reads of a page and of the site whose front page it is, by the names of the columns.
RootRow = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SiteRoot:
    """The front page of one language of a site.

    `path` is its path in the page tree, `url_path` the path that Wagtail stores, `address` the path on the website;
    `organisation` is who is behind the site, or else the site's own name.
    """

    pk: int
    path: str
    depth: int
    url_path: str
    address: str
    language: str
    locale_id: int
    site: Site
    organisation: str


@dataclass(frozen=True, kw_only=True)
class ThemeFacts:
    """A theme, or one that cuts across (without a colour), with its names by language."""

    pk: int
    slug: str
    colour: str
    names: dict[str, str]
    icon: str = ""

    def name_in(self, language: str) -> str:
        """Return the name in `language` (a locale's code), else in any language, else the slug."""
        return self.names.get(language) or next(iter(self.names.values()), self.slug)


class Structure:
    """The sites and what they share; each part is loaded when it is first used."""

    @cached_property
    def roots(self) -> tuple[SiteRoot, ...]:
        """The front pages of all sites, those deepest in the tree first, then each site's main language first."""
        organisations = SiteSettings.objects.filter(site=OuterRef("sites_rooted_here__id"))
        rows = Page.objects.filter(translation_key__in=Site.objects.values("root_page__translation_key")).values(
            "pk",
            "path",
            "depth",
            "url_path",
            "locale_id",
            "translation_key",
            "locale__language_code",
            *(f"sites_rooted_here__{name}" for name in SITE_FIELDS),
            organisation=Subquery(organisations.values("organisation")[:1]),
        )
        mains = [row for row in rows if row["sites_rooted_here__id"] is not None]
        roots = [
            (row["pk"] != main["pk"], _root(row, main=main))
            for main in mains
            for row in {row["pk"]: row for row in rows if row["translation_key"] == main["translation_key"]}.values()
        ]
        roots.sort(key=lambda pair: (-pair[1].depth, not pair[1].site.is_default_site, pair[1].site.pk, pair[0]))
        return tuple(root for _, root in roots)

    def roots_of(self, site: Site) -> list[SiteRoot]:
        """Return the front pages of `site`, one per language, the main one first; live or not."""
        own = (root for root in self.roots if root.site.pk == site.pk)
        return sorted(own, key=lambda root: (root.pk != site.root_page_id, root.path))

    def foreign_paths(self, site: Site) -> list[str]:
        """Return the paths at which other sites begin inside the tree of `site`."""
        own = {root.path for root in self.roots_of(site)}
        others = {root.path for root in self.roots} - own
        return sorted(path for path in others if path.startswith(tuple(own)))

    def root_over(self, url_path: str, *, site: Site) -> SiteRoot | None:
        """Return the front page above the page with Wagtail's `url_path`, preferably a front page of `site`."""
        above = [root for root in self.roots if url_path.startswith(root.url_path)]
        return next((root for root in above if root.site.pk == site.pk), next(iter(above), None))

    def site_for(self, *, hostname: str, port: str) -> Site | None:
        """Return the site for a request to this host, chosen as Wagtail does (`Site.find_for_request`)."""
        sites = list({root.site.pk: root.site for root in self.roots}.values())
        same_host = [site for site in sites if site.hostname == hostname]
        default = next((site for site in sites if site.is_default_site), None)
        if exact := next((site for site in same_host if str(site.port) == port), None):
            return exact
        return same_host[0] if len(same_host) == 1 and default not in same_host else default

    @cached_property
    def _small_tables(self) -> list[tuple[str, str, str, str, str | None, str | None, int, int]]:
        """View restrictions of pages and of collections, and all themes: few rows, so one query for all."""
        empty, zero = Value("", CharField()), Value(0, IntegerField())
        pages = PageViewRestriction.objects.exclude(restriction_type=PageViewRestriction.NONE)
        collections = CollectionViewRestriction.objects.exclude(restriction_type=CollectionViewRestriction.NONE)
        names = ("names__locale__language_code", "names__name", "position", "pk")
        return list(
            pages.order_by()
            .values_list(Value("page"), "page__path", empty, empty, empty, empty, zero, zero)
            .union(
                collections.order_by().values_list(
                    Value("collection"), "collection__path", empty, empty, empty, empty, zero, zero
                ),
                Theme.objects.order_by().values_list(Value("theme"), "slug", "colour", "icon", *names),
                CrossCuttingTheme.objects.order_by().values_list(Value("cross-cutting"), "slug", empty, empty, *names),
                all=True,
            )
        )

    @cached_property
    def closed_paths(self) -> list[str]:
        """The paths in the page tree at which view restrictions begin."""
        return [row[1] for row in self._small_tables if row[0] == "page"]

    @cached_property
    def closed_collections(self) -> frozenset[int]:
        """The keys of the collections behind a view restriction, their own or that of a collection above."""
        tops = tuple(row[1] for row in self._small_tables if row[0] == "collection")
        if not tops:
            return frozenset()
        paths = Collection.objects.values_list("pk", "path")
        return frozenset(pk for pk, path in paths if path.startswith(tops))

    @cached_property
    def themes(self) -> dict[int, ThemeFacts]:
        """All themes by their keys, in their order."""
        return self._themes("theme")

    @cached_property
    def cross_cutting_themes(self) -> dict[int, ThemeFacts]:
        """All cross-cutting themes by their keys, in their order."""
        return self._themes("cross-cutting")

    def _themes(self, kind: str) -> dict[int, ThemeFacts]:
        found: dict[int, ThemeFacts] = {}
        rows = (row[1:] for row in self._small_tables if row[0] == kind)
        for slug, colour, icon, language, name, _, pk in sorted(rows, key=lambda row: (row[5], row[0], row[3] or "")):
            theme = found.setdefault(pk, ThemeFacts(pk=pk, slug=slug, colour=colour, icon=icon, names={}))
            theme.names.update({language: name} if language and name is not None else {})
        return found

    @property
    def languages(self) -> dict[int, str]:
        """The codes of the languages that have a front page, by the keys of their locales."""
        return {root.locale_id: root.language for root in self.roots}


_kept: tuple[str, Structure] = ("", Structure())
_reading: ContextVar[Structure | None] = ContextVar("structure", default=None)


@contextmanager
def reading(*, version: str) -> Iterator[None]:
    """Load `structure()` once within this context, and keep it for as long as the content has this version."""
    global _kept  # noqa: PLW0603  # one per process; in a race it is loaded twice
    kept_version, kept = _kept
    if kept_version != version:
        kept = Structure()
        _kept = (version, kept)
    token = _reading.set(kept)
    try:
        yield
    finally:
        _reading.reset(token)


def forget() -> None:
    """Drop what is kept; for tests and benchmarks."""
    global _kept  # noqa: PLW0603
    _kept = ("", Structure())


def structure() -> Structure:
    """Return the structure that `reading` keeps; outside of it, a new one."""
    return _reading.get() or Structure()


def _root(row: RootRow, *, main: RootRow) -> SiteRoot:
    language = row["locale__language_code"]
    site = _site(main)
    return SiteRoot(
        pk=row["pk"],
        path=row["path"],
        depth=row["depth"],
        url_path=row["url_path"],
        address=_address(language),
        language=language,
        locale_id=row["locale_id"],
        site=site,
        organisation=main["organisation"] or site.site_name or site.hostname,
    )


def _site(row: RootRow) -> Site:
    return Site(root_page_id=row["pk"], **{name: row[f"sites_rooted_here__{name}"] for name in SITE_FIELDS})


def _address(language: str) -> str:
    with translation.override(language):
        try:
            return reverse("wagtail_serve", args=[""])
        except NoReverseMatch:  # a project without plain pages
            return f"/{language}/"
