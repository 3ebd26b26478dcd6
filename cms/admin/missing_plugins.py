"""Pages whose plugin is not installed: they are listed, but cannot be changed until the plugin is installed again.

Wagtail asks a page's content type for its class in about a hundred places, and few of them expect to get None. So the
content type of such a page returns `MissingPage`, and the admin explains why its views do not work for the page.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page, ReferenceIndex
from wagtail_localize.models import TranslationSource

from cms.admin.language import in_language_of
from cms.content.references import stored_key
from cms.models import MissingPage

# The admin's views of a single page, by namespace, and the URL arguments that hold the page's key.
PAGE_KEYS = {
    "wagtailadmin_pages": ("page_id", "page_to_move_id", "destination_id", "parent_page_id", "pk"),
    "wagtail_localize": ("page_id",),
}
LISTS = {"usage"}  # these only list what refers to the page

UNKNOWN_FIELD: Field = Field(verbose_name=gettext_lazy("a field of the plugin"))

ModelClass = Callable[[ContentType], type[Model] | None]
SourceField = Callable[[ReferenceIndex], Field]


def connect() -> None:
    """Patch content types and the reference index; called once, when the app is ready."""
    ContentType.model_class = _with_stand_in(ContentType.model_class)  # type: ignore[assignment,method-assign]
    source_field = cached_property(_with_some_field(ReferenceIndex.source_field.func))
    source_field.__set_name__(ReferenceIndex, "source_field")
    ReferenceIndex.source_field = source_field


def _with_stand_in(model_class: ModelClass) -> ModelClass:
    @functools.wraps(model_class)
    def model_class_or_stand_in(content_type: ContentType) -> type[Model] | None:
        found = model_class(content_type)
        is_page = found is None and Page.objects.filter(content_type_id=content_type.pk).exists()
        return MissingPage if is_page else found

    return model_class_or_stand_in


def _with_some_field(source_field: SourceField) -> SourceField:
    """Name some field where Wagtail lists what uses a picture: only the plugin knows the real one."""

    @functools.wraps(source_field)
    def field_or_stand_in(reference: ReferenceIndex) -> Field:
        kind = ContentType.objects.get_for_id(reference.content_type_id)
        return UNKNOWN_FIELD if kind.model_class() is MissingPage else source_field(reference)

    return field_or_stand_in


def is_missing(page: Page) -> bool:
    """Return whether the page's plugin is missing."""
    return bool(page.specific_class is MissingPage)


def missing_below(page: Page) -> Page | None:
    """Return this page or a page below it whose plugin is missing; None if there is none."""
    branch = Page.objects.filter(path__startswith=page.path)
    kinds = branch.order_by().values_list("content_type", flat=True).distinct()
    missing = [key for key in kinds if ContentType.objects.get_for_id(key).model_class() is MissingPage]
    return branch.filter(content_type__in=missing).first() if missing else None


class MissingPluginMiddleware(MiddlewareMixin):
    """Explains, at the admin's addresses for such a page, why it cannot be changed."""

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: Mapping[str, object]
    ) -> HttpResponse | None:
        """Redirect to the list that holds the page; leave every other page alone."""
        match = request.resolver_match
        if match is None or match.namespace not in PAGE_KEYS or match.url_name in LISTS:
            return None
        if not request.user.has_perm("wagtailadmin.access_admin"):
            return None  # Wagtail asks them to log in
        page = next((page for page in _pages_at(match.namespace, kwargs) if is_missing(page)), None)
        if page is None:
            return None
        with in_language_of(request.user):
            message = _(
                "This page belongs to a plugin that is not installed. Nothing is lost; install the plugin again."
            )
        return _refuse(request, page, message)


def _pages_at(namespace: str, kwargs: Mapping[str, object]) -> Iterable[Page]:
    """Return the pages that an address is about; for a translation, the page with its translations."""
    keys = {stored_key(kwargs[name]) for name in PAGE_KEYS[namespace] if name in kwargs}
    pages = list(Page.objects.filter(pk__in=keys - {None}))
    sources = TranslationSource.objects.none()
    if "translation_source_id" in kwargs:
        sources = TranslationSource.objects.filter(pk=kwargs["translation_source_id"])
    elif "translation_id" in kwargs:
        sources = TranslationSource.objects.filter(translations=kwargs["translation_id"])
    for source in sources:
        pages += Page.objects.filter(translation_key=source.object_id)
    return pages


def _refuse(request: HttpRequest, page: Page, message: str) -> HttpResponse:
    messages.error(request, message)
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def keep_branch(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse to delete or copy a page above such a page: the plugin's own row would be left behind."""
    missing = missing_below(page)
    if missing is None:
        return None
    message = _(
        "“%(page)s”, below this page, belongs to a plugin that is not installed. Install the plugin again first."
    )
    return _refuse(request, page, message % {"page": missing.title})


def keep_branches(
    request: HttpRequest, action_type: str, objects: Iterable[Model], _action: object
) -> HttpResponse | None:
    """Do the same for pages that are ticked in a list."""
    pages = (page for page in objects if isinstance(page, Page)) if action_type == "delete" else ()
    return next((answer for page in pages if (answer := keep_branch(request, page))), None)
