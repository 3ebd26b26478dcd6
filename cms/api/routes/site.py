"""`/site`: what applies to the whole site."""

import json
from datetime import datetime
from functools import partial

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field
from wagtail.coreutils import get_content_languages
from wagtail.models import Site

from cms.api.context import BuildContext
from cms.api.routes.pages import site_of
from cms.api.values import CrossCuttingInfo, Locale, Navigation, Organisation, ThemeInfo, Value
from cms.content.queries import public_pages
from cms.content.site_tree import SiteRoot, structure
from cms.models import HubPage, SiteSettings
from cms.plugins import References, SiteSection
from cms.plugins.fences import fenced
from cms.plugins.registry import plugins

router = Router(tags=["site"])


class SiteInfo(Value):
    """A site and what is on each of its pages."""

    name: str = Field(description="The site's name.", examples=["Innovation Hub"])
    url: str = Field(description="The site's address.", examples=["https://hub.example.org"])
    organisation: Organisation = Field(description="Who is behind the site.")
    locales: list[Locale] = Field(description="The languages, the main one first.")
    navigation: list[Navigation] = Field(description="The menus, one per language.")
    themes: list[ThemeInfo] = Field(description="The themes, in order.")
    cross_cutting: list[CrossCuttingInfo] = Field(description="The cross-cutting themes, in order.")
    sections: dict[str, dict[str, object]] = Field(
        description="What plugins add, by the section's name.", examples=[{}]
    )


@router.get("/site", response=SiteInfo, operation_id="getSite", summary="Get the site")
def get_site(request: HttpRequest) -> SiteInfo:
    """Return the site's name, organisation, languages, menus, themes and cross-cutting themes."""
    site, now = site_of(request), timezone.now()
    settings = SiteSettings.objects.filter(site=site).first() or SiteSettings()
    navigation = build_navigation(site=site, now=now)
    return SiteInfo(
        name=site.site_name or site.hostname,
        url=site.root_url,
        organisation=Organisation(
            name=settings.organisation,
            contact_email=settings.contact_email,
            postal_address=settings.postal_address,
        ),
        locales=_locales([menu.locale for menu in navigation]),
        navigation=navigation,
        themes=[
            ThemeInfo(slug=theme.slug, colour=theme.colour, icon=theme.icon, names=theme.names)
            for theme in structure().themes.values()
        ],
        cross_cutting=[
            CrossCuttingInfo(slug=theme.slug, names=theme.names) for theme in structure().cross_cutting_themes.values()
        ],
        sections=_sections(site),
    )


def _sections(site: Site) -> dict[str, dict[str, object]]:
    """Return the sections that plugins add; a section that fails is left out."""
    built = {
        section.name: fenced("site section", partial(_section, section, site), of=section, about=site, otherwise=None)
        for plugin in plugins()
        for section in plugin.settings
    }
    return {name: section for name, section in built.items() if section is not None}


def _section(section: SiteSection, site: Site) -> dict[str, object]:
    """Return a section; raise TypeError if JSON cannot represent it."""
    return dict(json.loads(json.dumps(dict(section.build(site)), cls=DjangoJSONEncoder)))


def build_navigation(*, site: Site, now: datetime) -> list[Navigation]:
    """Return one menu per public front page: the pages directly under it that are shown in menus."""
    roots = structure().roots_of(site)
    depths = {root.depth for root in roots} | {root.depth + 1 for root in roots}
    pages = list(public_pages(site=site, now=now).filter(depth__in=depths).order_by("path"))
    context = BuildContext(site=site, now=now, pages=pages, references=References())
    homes = {page.pk: page for page in pages}
    return [_menu(root, homes[root.pk], pages, context) for root in roots if root.pk in homes]


def _menu(root: SiteRoot, home: HubPage, pages: list[HubPage], context: BuildContext) -> Navigation:
    items = [
        context.ref(page)
        for page in pages
        if page.show_in_menus and page.depth == root.depth + 1 and page.path.startswith(root.path)
    ]
    return Navigation(locale=root.language, home=context.ref(home), items=items)


def _locales(codes: list[str]) -> list[Locale]:
    names = get_content_languages()
    return [
        Locale(code=code, name=names.get(code, code), is_default=position == 0) for position, code in enumerate(codes)
    ]
