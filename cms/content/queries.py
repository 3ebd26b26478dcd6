"""What the public may see: everything outside the admin that reads pages or files starts from here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, Q, QuerySet, prefetch_related_objects
from taggit.models import Tag
from wagtail.fields import StreamField
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from cms.content.site_tree import structure
from cms.models import HubPage
from cms.plugins.registry import page_types

File = TypeVar("File", bound=Model)


def public_pages(*, site: Site, now: datetime, model: type[Page] = HubPage) -> PageQuerySet:
    """Return the pages of `site`, in all languages, that anybody may see at `now`, as a queryset of `model`.

    It leaves out drafts, expired pages, pages behind a view restriction of their own or of an ancestor, pages of
    other sites (including a site inside this one) and pages whose plugin is not installed.
    """
    tree = structure()
    return (
        model.objects.live()
        .exact_type(*page_types())
        .exclude(expire_at__lte=now)
        .filter(_under([root.path for root in tree.roots_of(site)]))
        .exclude(_under([*tree.foreign_paths(site), *tree.closed_paths]))
    )


def in_language(pages: PageQuerySet, *, language: str) -> PageQuerySet:
    """Return the `pages` in `language` (a locale's code)."""
    return pages.filter(locale__language_code=language)


def tagged(pages: PageQuerySet, *, slugs: Collection[str]) -> PageQuerySet:
    """Return the `pages` that have any of the tags with these slugs."""
    # By keys: the database knows how frequent each key is, but not which tag a slug in a subquery stands for.
    keys = list(Tag.objects.filter(slug__in=slugs).values_list("pk", flat=True))
    return pages.filter(pk__in=HubPage.tags.through.objects.filter(tag__in=keys).values("content_object"))


def with_themes(pages: PageQuerySet, *, slugs: Collection[str]) -> PageQuerySet:
    """Return the `pages` that have any of the themes with these slugs."""
    keys = [theme.pk for theme in structure().themes.values() if theme.slug in slugs]
    return pages.filter(pk__in=HubPage.themes.through.objects.filter(theme__in=keys).values("hubpage"))


def with_cross_cutting(pages: PageQuerySet, *, slugs: Collection[str]) -> PageQuerySet:
    """Return the `pages` that have any of the cross-cutting themes with these slugs."""
    keys = [theme.pk for theme in structure().cross_cutting_themes.values() if theme.slug in slugs]
    through = HubPage.cross_cutting.through.objects.filter(crosscuttingtheme__in=keys)
    return pages.filter(pk__in=through.values("hubpage"))


def public_files(model: type[File]) -> QuerySet[File]:
    """Return the images or documents (`model`) that are in no restricted collection."""
    return model._default_manager.exclude(collection__in=structure().closed_collections)


def load_specific(
    pages: PageQuerySet, *, models: Collection[type[Model]] | None = None, bodies: bool = True
) -> list[HubPage]:
    """Return `pages`, a `HubPage` queryset, as specific pages with their images and related rows, in one query.

    `models` are the classes that may occur (all page types by default). Without `bodies` the stream fields
    are not read. A page whose own row is missing is left out.
    """
    routes = {model: route_to(model) for model in models or page_types()}
    deferred = [
        f"{route}__{field.name}"
        for model, route in routes.items()
        for field in model._meta.local_concrete_fields
        if isinstance(field, StreamField) and not bodies
    ]
    related = [
        f"{route}__{name}" if route else name for model, route in routes.items() for name in page_types()[model].related
    ]
    rows = pages.select_related("image", *(route for route in routes.values() if route), *related).defer(*deferred)
    found = (_follow(row, routes.get(row.specific_class, "")) for row in rows)
    return [page for page in found if page is not None]


def load_in_order(pages: PageQuerySet, *, bodies: bool = True) -> list[HubPage]:
    """Return `pages`, an ordered queryset of `Page` or `HubPage`, as specific pages, in two queries.

    The first query finds the keys without joining the tables of all types: planning that join takes the database
    longer than all the rest, and an offset would join rows only to skip them.
    """
    return load_keys(dict(pages.values_list("pk", "content_type_id")), bodies=bodies)


def load_keys(types: Mapping[int, int], *, bodies: bool = True) -> list[HubPage]:
    """Return the specific pages in the order of `types`, which maps their keys to their content types' keys."""
    if not types:
        return []
    kinds = ContentType.objects.get_for_models(*page_types())
    models = [model for model, kind in kinds.items() if kind.pk in types.values()]
    pages = HubPage.objects.filter(pk__in=types)
    found = {page.pk: page for page in load_specific(pages, models=models, bodies=bodies)}
    return [found[key] for key in types if key in found]


def load_main_themes(pages: Iterable[HubPage]) -> None:
    """Load the themes of these specific pages, and whatever else their `main_theme` needs, once per class."""
    by_class: defaultdict[type[HubPage], list[HubPage]] = defaultdict(list)
    for page in pages:
        by_class[type(page)].append(page)
    for model, found in by_class.items():
        prefetch_related_objects(found, "themes__names__locale")
        model.load_main_themes(found)


def route_to(model: type[Model]) -> str:
    """Return the look-up path from `HubPage` to the rows of this page model, "" for `HubPage` itself."""
    if model is HubPage:
        return ""
    options = model._meta
    parent = options.get_base_chain(HubPage)[0]
    link: Any = options.get_ancestor_link(parent)  # None only for a model that does not descend from `parent`
    return "__".join(filter(None, [route_to(parent), link.remote_field.get_accessor_name()]))


def _follow(row: HubPage, route: str) -> HubPage | None:
    page = row
    for step in filter(None, route.split("__")):
        try:
            page = getattr(page, step)
        except ObjectDoesNotExist:
            return None
    page.image = row.image
    return page


def _under(paths: Collection[str], *, field: str = "path") -> Q:
    return reduce(or_, (Q(**{f"{field}__startswith": path}) for path in paths), Q(pk__in=[]))
