"""Warn staff about what depends on an object, on the pages where the admin asks them to confirm removing it.

Wagtail has many confirmation pages, and few of them have a hook. A function registered for `hub_before_confirmation` is
called with the objects concerned, `(things)`, and `is_deletion`, which is False if they are unpublished, moved or
hidden instead. It returns what staff should know, as `Caution`s.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.admin.utils import unquote
from django.db.models import Manager, Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch
from django.utils.deprecation import MiddlewareMixin
from wagtail import hooks
from wagtail.admin import messages
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, Page

from cms.admin.language import in_language_of
from cms.models import CrossCuttingTheme, Theme

logger = logging.getLogger(__name__)

PAGES = "wagtailadmin_pages"
BULK = {"delete", "unpublish", "move"}
COLLECTION = "wagtailadmin_collections:set_privacy"
DIALOGS = {f"{PAGES}:set_privacy", COLLECTION}


@dataclass(frozen=True, kw_only=True)
class Caution:
    """A message for staff, with a link; `is_grave` if confirming would stop something from happening as planned."""

    words: str
    is_grave: bool
    url: str
    link: str


class ConfirmingMiddleware(MiddlewareMixin):
    """Shows the plugins' cautions on the admin's confirmation pages."""

    def process_template_response(
        self, request: HttpRequest, response: SimpleTemplateResponse
    ) -> SimpleTemplateResponse:
        """Add the cautions to a confirmation page as messages; Django calls this only if the view let the user in."""
        for caution in _cautions(request, response):
            add_message = messages.warning if caution.is_grave else messages.info
            add_message(request, caution.words, buttons=[messages.button(caution.url, caution.link)])
        return response

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Put the cautions above the form if the confirmation is a dialog."""
        is_dialog = request.resolver_match and request.resolver_match.view_name in DIALOGS
        cautions = _cautions(request, response) if is_dialog and "json" in response.get("Content-Type", "") else []
        if cautions:
            answer = json.loads(response.content)
            answer["html"] = render_to_string("cms/cautions.html", {"cautions": cautions}) + answer.get("html", "")
            response.content = json.dumps(answer).encode()
        return response


def _cautions(request: HttpRequest, response: HttpResponse) -> list[Caution]:
    match = request.resolver_match
    things = _things(match, response) if match and request.method == "GET" else []
    if not match or not things:
        return []
    found: list[Caution] = []
    for hook in hooks.get_hooks("hub_before_confirmation"):
        try:
            with in_language_of(request.user):
                found += hook(things, is_deletion=_is_deletion(match))
        except Exception:  # a plugin may raise anything; the confirmation page is shown all the same
            logger.exception("A hook failed to say what depends on %s", things)
    return found


def _is_deletion(match: ResolverMatch) -> bool:
    return bool(match.url_name == "delete" or match.kwargs.get("action") == "delete")


def _things(match: ResolverMatch, response: HttpResponse) -> list[Model]:
    """Return the objects that the admin asks about at this address, including all pages below; none elsewhere."""
    if match.view_name == "wagtail_bulk_action" and match.kwargs["action"] in BULK:
        context = response.context_data if isinstance(response, SimpleTemplateResponse) else None
        rows = (context or {}).get("items", [])  # those on which this user may do it
        found = _with_branches([row["item"] for row in rows])
        return _with_aliases(found) if match.kwargs["action"] == "unpublish" else found
    if match.view_name == COLLECTION:
        top = Collection.objects.get(pk=match.kwargs["collection_id"])
        inside = Collection.objects.filter(path__startswith=top.path)
        files = (get_image_model(), get_document_model())
        return [file for model in files for file in model.objects.filter(collection__in=inside)]
    asks: dict[str, tuple[Manager[Model], str]] = {
        f"{PAGES}:delete": (Page.objects, "page_id"),
        f"{PAGES}:unpublish": (Page.objects, "page_id"),
        f"{PAGES}:move_confirm": (Page.objects, "page_to_move_id"),
        f"{PAGES}:set_privacy": (Page.objects, "page_id"),
        "wagtail_localize:convert_to_alias": (Page.objects, "page_id"),
        "wagtailimages:delete": (get_image_model().objects, "image_id"),
        "wagtaildocs:delete": (get_document_model().objects, "document_id"),
        "wagtailsnippets_hub_cms_theme:delete": (Theme.objects, "pk"),
        "wagtailsnippets_hub_cms_crosscuttingtheme:delete": (CrossCuttingTheme.objects, "pk"),
    }
    if match.view_name not in asks:
        return []
    manager, name = asks[match.view_name]
    found = _with_branches(manager.filter(pk=unquote(str(match.kwargs[name]))))
    return _with_aliases(found) if match.view_name == f"{PAGES}:unpublish" else found


def _with_branches(things: Iterable[Model]) -> list[Model]:
    found: list[Model] = []
    for thing in things:
        found += Page.objects.filter(path__startswith=thing.path) if isinstance(thing, Page) else [thing]
    return found


def _with_aliases(pages: Sequence[Page]) -> list[Model]:
    """Add the pages' aliases, which go with them, except those that stand in for a translation (same key)."""
    aliases = Page.objects.filter(alias_of__in=pages).exclude(
        translation_key__in=[page.translation_key for page in pages]
    )
    return [*pages, *aliases]
