"""What else depends on something is said where the admin asks whether it is really to go.

Wagtail's pages that ask are many, and few have a hook. Whoever registers the hook `hub_before_confirmation` is told
what is about to go, `(things)`, and with `is_deletion` whether it is to be deleted, or else unpublished, moved or
hidden; and returns what staff should know: `Caution`s.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
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

    def process_template_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
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


def _cautions(request: HttpRequest, response: Any) -> list[Caution]:
    things = _things(request, response) if request.method == "GET" and request.resolver_match else []
    if not things:
        return []
    found: list[Caution] = []
    for hook in hooks.get_hooks("hub_before_confirmation"):
        try:
            with in_language_of(request.user):
                found += hook(things, is_deletion=_is_deletion(request.resolver_match))
        except Exception:  # a plugin may raise anything; the page that asks is shown all the same
            logger.exception("What depends on %s could not be said", things)
    return found


def _is_deletion(match: Any) -> bool:
    return bool(match.url_name == "delete" or match.kwargs.get("action") == "delete")


def _things(request: HttpRequest, response: Any) -> list[Model]:
    """Return what the admin asks about at this address, of pages all that stand below too; nothing at others."""
    match: Any = request.resolver_match
    if match.view_name == "wagtail_bulk_action" and match.kwargs["action"] in BULK:
        rows = (response.context_data or {}).get("items", [])  # what of it this user may do it with
        found = _with_branches([row["item"] for row in rows])
        return _with_aliases(found) if match.kwargs["action"] == "unpublish" else found
    if match.view_name == COLLECTION:
        top = Collection.objects.get(pk=match.kwargs["collection_id"])
        inside = Collection.objects.filter(path__startswith=top.path)
        files = (get_image_model(), get_document_model())
        return [file for model in files for file in model.objects.filter(collection__in=inside)]
    asks: dict[str, tuple[Any, str]] = {
        f"{PAGES}:delete": (Page, "page_id"),
        f"{PAGES}:unpublish": (Page, "page_id"),
        f"{PAGES}:move_confirm": (Page, "page_to_move_id"),
        f"{PAGES}:set_privacy": (Page, "page_id"),
        "wagtail_localize:convert_to_alias": (Page, "page_id"),
        "wagtailimages:delete": (get_image_model(), "image_id"),
        "wagtaildocs:delete": (get_document_model(), "document_id"),
        "wagtailsnippets_hub_cms_theme:delete": (Theme, "pk"),
    }
    if match.view_name not in asks:
        return []
    model, name = asks[match.view_name]
    found = _with_branches(model.objects.filter(pk=unquote(str(match.kwargs[name]))))
    return _with_aliases(found) if match.view_name == f"{PAGES}:unpublish" else found


def _with_branches(things: Iterable[Any]) -> list[Model]:
    found: list[Model] = []
    for thing in things:
        found += Page.objects.filter(path__startswith=thing.path) if isinstance(thing, Page) else [thing]
    return found


def _with_aliases(pages: list[Any]) -> list[Model]:
    """Add the aliases, which go with what they show; those that stand in for a translation are known by their key."""
    aliases = Page.objects.filter(alias_of__in=pages).exclude(
        translation_key__in=[page.translation_key for page in pages]
    )
    return [*pages, *aliases]
