"""What else depends on something is said where the admin asks whether it is really to go.

Wagtail's pages that ask are many, and few have a hook. Whoever registers the hook `hub_before_confirmation` is told
what is about to go, `(things)`, and with `is_deletion` whether it is to be deleted, or else unpublished, moved or
hidden; and returns what staff should know: `Caution`s.
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
from cms.models import Theme

logger = logging.getLogger(__name__)

PAGES = "wagtailadmin_pages"
BULK = {"delete", "unpublish", "move"}
COLLECTION = "wagtailadmin_collections:set_privacy"
DIALOGS = {f"{PAGES}:set_privacy", COLLECTION}


@dataclass(frozen=True, kw_only=True)
class Caution:
    """Words to staff before they go on, and where to look; `is_grave` if something would not happen as planned."""

    words: str
    is_grave: bool
    url: str
    link: str


class ConfirmingMiddleware(MiddlewareMixin):
    """Says what plugins have to say on the pages that ask."""

    def process_template_response(
        self, request: HttpRequest, response: SimpleTemplateResponse
    ) -> SimpleTemplateResponse:
        """Put what the plugins say on a page that asks; it comes here only if its view let the user in."""
        for caution in _cautions(request, response):
            say = messages.warning if caution.is_grave else messages.info
            say(request, caution.words, buttons=[messages.button(caution.url, caution.link)])
        return response

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Put it above the form where that is a dialog."""
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
        except Exception:  # a plugin may raise anything; the page that asks is shown all the same
            logger.exception("What depends on %s could not be said", things)
    return found


def _is_deletion(match: ResolverMatch) -> bool:
    return bool(match.url_name == "delete" or match.kwargs.get("action") == "delete")


def _things(match: ResolverMatch, response: HttpResponse) -> list[Model]:
    """Return what the admin asks about at this address, of pages all that stand below too; nothing at others."""
    if match.view_name == "wagtail_bulk_action" and match.kwargs["action"] in BULK:
        context = response.context_data if isinstance(response, SimpleTemplateResponse) else None
        rows = (context or {}).get("items", [])  # what of it this user may do it with
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
    """Add the aliases, which go with what they show; those that stand in for a translation are known by their key."""
    aliases = Page.objects.filter(alias_of__in=pages).exclude(
        translation_key__in=[page.translation_key for page in pages]
    )
    return [*pages, *aliases]
