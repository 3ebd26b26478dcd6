"""Tags for the plain pages, which use the same builders as the Content API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from wagtail.blocks import BoundBlock
from wagtail.models import Site

from cms.api.build import build_detail, build_summaries
from cms.api.example_context import ExampleContext
from cms.api.routes.site import build_navigation
from cms.api.schemas import PageDetail, PageSummary
from cms.api.values import BodyBlock, ImageSource, Navigation
from cms.content.queries import load_specific, public_pages
from cms.models import HubPage
from cms.plugins import StoredBlock
from cms.plugins.fences import fenced
from cms.plugins.registry import block_kinds

register = template.Library()

CHILDREN = 100


@register.simple_tag(takes_context=True)
def page_detail(context: template.Context, page: HubPage) -> PageDetail:
    """Return the page as the Content API shows it; in a preview, the page in memory.

    It is built once for all blocks of a template.
    """
    memory: Any = context.render_context  # the stubs know only Django's own keys
    details: dict[int, PageDetail] = memory.setdefault("hub_details", {})
    if id(page) not in details:  # a preview's page may have no primary key yet
        request = context["request"]
        draft = getattr(request, "is_preview", False)
        details[id(page)] = build_detail(page=page, site=_site(request, page), now=timezone.now(), draft=draft)
    return details[id(page)]


@register.simple_tag(takes_context=True)
def page_children(context: template.Context, page: HubPage) -> list[PageSummary]:
    """Return the public child pages of this page, in the editor's order."""
    if page.pk is None or not page.path:
        return []
    site, now = _site(context["request"], page), timezone.now()
    children = public_pages(site=site, now=now).child_of(page).order_by("path")[:CHILDREN]
    return build_summaries(pages=load_specific(children, bodies=False), site=site, now=now)


@register.simple_tag(takes_context=True)
def page_navigation(context: template.Context, page: HubPage) -> Navigation | None:
    """Return the menu of the page's language; None if its front page is not public."""
    menus = build_navigation(site=_site(context["request"], page), now=timezone.now())
    return next((menu for menu in menus if menu.locale == page.locale.language_code), None)


@register.simple_tag(takes_context=True)
def body_block(context: template.Context, block: BodyBlock) -> str:
    """Return the block as its kind's template shows it; nothing if the template fails."""
    kind = block_kinds()[block.type]

    def show() -> str:
        with context.push(value=block):
            return template.Engine.get_default().get_template(kind.template).render(context)

    return fenced("template", show, of=kind, about=kind.name, otherwise="")


@register.simple_tag
def block_preview(bound_block: BoundBlock) -> str:
    """Return an example of a block as its kind's template shows it; empty if there is nothing to show."""
    kind = block_kinds().get(bound_block.block.name)
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if kind is None or site is None:
        return ""
    value = json.loads(json.dumps(bound_block.block.get_prep_value(bound_block.value), cls=DjangoJSONEncoder))
    stored = StoredBlock(id=None, value=value, locale_id=site.root_page.locale_id)

    def show() -> str:
        context = ExampleContext(site=site, now=timezone.now(), pages=[], references=kind.references(value))
        built = kind.build(stored, context)
        return render_to_string(kind.template, {"value": built}) if built else ""

    return fenced("template", show, of=kind, about=kind.name, otherwise="")


@register.filter
def srcset(source: ImageSource) -> str:
    """Return an image source's files as the value of a `srcset` attribute."""
    return ", ".join(f"{file.url} {file.width}w" for file in source.srcset)


@register.filter
def shortest(number: float) -> float:
    """Return the number without decimals that say nothing: 12.0 as 12; templates then write it in their language."""
    return int(number) if number.is_integer() else number


@register.filter
def json_ld(value: Mapping[str, object]) -> SafeString:
    """Return JSON-LD as a script element that its content cannot close: Django's `json_script` with another type."""
    return mark_safe(json_script(value).replace("application/json", "application/ld+json", 1))


def _site(request: HttpRequest, page: HubPage) -> Site:
    return page.get_site() or Site.find_for_request(request)
