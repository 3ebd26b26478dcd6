"""Pages of a plugin that is not installed: listed everywhere, changed nowhere, until the plugin is there again.

Wagtail asks a page's content type for its class in about a hundred places, and few of them expect that there is none.
So the content type of such a page answers with `MissingPage`, and the admin's addresses of such a page in words.
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

# What the admin does with one page, by namespace, and what the page is called in the addresses.
PAGE_KEYS = {
    "wagtailadmin_pages": ("page_id", "page_to_move_id", "destination_id", "parent_page_id", "pk"),
    "wagtail_localize": ("page_id",),
}
LISTS = {"usage"}  # of what leads to the page

UNKNOWN_FIELD: Field = Field(verbose_name=gettext_lazy("a field of the plugin"))

ModelClass = Callable[[ContentType], type[Model] | None]
SourceField = Callable[[ReferenceIndex], Field]


def connect() -> None:
    """Let content types answer so; called once, when the app is ready."""
    ContentType.model_class = _with_stand_in(ContentType.model_class)  # type: ignore[assignment,method-assign]
    source_field = cached_property(_with_some_field(ReferenceIndex.source_field.func))
    source_field.__set_name__(ReferenceIndex, "source_field")
    ReferenceIndex.source_field = source_field


def _with_stand_in(model_class: ModelClass) -> ModelClass:
    @functools.wraps(model_class)
    def answer(content_type: ContentType) -> type[Model] | None:
        found = model_class(content_type)
        is_page = found is None and Page.objects.filter(content_type_id=content_type.pk).exists()
        return MissingPage if is_page else found

    return answer


def _with_some_field(source_field: SourceField) -> SourceField:
    """What uses a picture is told with the field that it stands in, which is the plugin's to know."""

    @functools.wraps(source_field)
    def answer(reference: ReferenceIndex) -> Field:
        kind = ContentType.objects.get_for_id(reference.content_type_id)
        return UNKNOWN_FIELD if kind.model_class() is MissingPage else source_field(reference)

    return answer


def is_missing(page: Page) -> bool:
    """Say whether the page's plugin is missing."""
    return bool(page.specific_class is MissingPage)


def missing_below(page: Page) -> Page | None:
    """Return this page, or one below it, whose plugin is missing; None if there is none."""
    branch = Page.objects.filter(path__startswith=page.path)
    kinds = branch.order_by().values_list("content_type", flat=True).distinct()
    missing = [key for key in kinds if ContentType.objects.get_for_id(key).model_class() is MissingPage]
    return branch.filter(content_type__in=missing).first() if missing else None


class MissingPluginMiddleware(MiddlewareMixin):
    """Answers in words at the addresses that do something with such a page."""

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: Mapping[str, object]
    ) -> HttpResponse | None:
        """Lead to the list in which the page stands; leave every other page alone."""
        match = request.resolver_match
        if match is None or match.namespace not in PAGE_KEYS or match.url_name in LISTS:
            return None
        if not request.user.has_perm("wagtailadmin.access_admin"):
            return None  # Wagtail asks them to log in
        page = next((page for page in _pages_at(match.namespace, kwargs) if is_missing(page)), None)
        if page is None:
            return None
        with in_language_of(request.user):
            words = _(
                "This page belongs to a plugin that is not installed. Nothing of it is lost; install the plugin again."
            )
        return _lead_to_list(request, page, words)


def _pages_at(namespace: str, kwargs: Mapping[str, object]) -> Iterable[Page]:
    """Return the pages that an address is about; of a translation, the page and its translations."""
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


def _lead_to_list(request: HttpRequest, page: Page, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def keep_branch(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Neither delete nor copy a page above such a page: its own row would stay behind, or would not come along."""
    missing = missing_below(page)
    if missing is None:
        return None
    words = _("Below this page is “%(page)s”, which belongs to a plugin that is not installed. Install it again first.")
    return _lead_to_list(request, page, words % {"page": missing.title})


def keep_branches(
    request: HttpRequest, action_type: str, objects: Iterable[Model], _action: object
) -> HttpResponse | None:
    """The same for pages that are ticked in a list."""
    pages = (page for page in objects if isinstance(page, Page)) if action_type == "delete" else ()
    return next((answer for page in pages if (answer := keep_branch(request, page))), None)
