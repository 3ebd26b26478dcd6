"""`/resolve`: from a path of the website to the page that is there, has moved or is gone, in one request."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import uri_to_iri
from django.views.decorators.vary import vary_on_headers
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field, create_model
from typing_extensions import TypeAliasType
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from cms.api.build import build_detail
from cms.api.context import BuildContext
from cms.api.http.caching import tag_response
from cms.api.http.errors import PathNotFound
from cms.api.http.params import Language
from cms.api.http.renderer import as_json
from cms.api.markdown import MARKDOWN_RESPONSE, markdown_response, wants_markdown
from cms.api.routes.pages import site_of
from cms.api.values import Gone, Redirection, Value
from cms.content.moved_paths import is_gone
from cms.content.queries import load_specific, public_pages
from cms.content.site_tree import SiteRoot, structure
from cms.models import HubPage
from cms.plugins import References


class ResolveQuery(Schema):
    """What to resolve."""

    path: str = Field(
        min_length=1, max_length=1000, description="A path of the website, such as `/nl/team/`.", examples=["/en/"]
    )
    locale: Language | None = Field(
        default=None,
        description="The language for a path without one, such as `/team/`; by default the site's main language.",
        examples=["en"],
    )


class ResolvedPage(Value):
    """There is a page at the requested path."""

    status: Literal["page"] = Field(description="Says that this is a page.")


def resolve_router(*, detail: TypeAliasType) -> Router:
    """Return the route that resolves paths; `detail` is the union of all types' details."""
    router = Router(tags=["pages"])
    page_field = Field(description="The page.")
    resolved = create_model(
        "PageFound",
        __base__=ResolvedPage,
        __doc__=ResolvedPage.__doc__,
        page=(detail, page_field),  # type: ignore[arg-type]  # known at run time only
    )
    answer = Annotated[resolved | Redirection | Gone, Field(discriminator="status")]  # type: ignore[valid-type]

    @router.get(
        "/resolve",
        response=answer,
        operation_id="resolvePath",
        summary="Resolve a path",
        openapi_extra=MARKDOWN_RESPONSE,
    )
    @decorate_view(vary_on_headers("Accept"))
    def resolve_path(request: HttpRequest, query: Query[ResolveQuery]) -> HttpResponse | Redirection | Gone:
        """Return what is at the path: a page, a redirect, or that it is gone; a 404 names the nearest page above."""
        site, now = site_of(request), timezone.now()
        path = _normalise(query.path)
        root, rest = _split(path, roots=structure().roots_of(site), locale=query.locale)
        trail = _trail(root=root, rest=rest, site=site, now=now) if root else []
        page = trail[0] if root and trail and trail[0].url_path == f"{root.url_path}{rest}" else None
        found = _page_or_prefix(resolved, page, request=request, path=path, site=site, now=now) if page else None
        if isinstance(found, HttpResponse):
            return found
        if moved := find_redirect(address=query.path, path=path, site=site, now=now) or found:
            return moved
        if root and is_gone(root=root, rest=rest, now=now):
            return Gone(status="gone")
        raise PathNotFound(nearest=_path_of(trail[0], site=site, now=now) if trail else None)

    return router


def find_redirect(*, address: str, path: str, site: Site, now: datetime) -> Redirection | None:
    """Return where Wagtail's redirects send `address`, unless that is a page that is not public.

    The order is that of Wagtail's middleware: the address with its query before the address without, a redirect of this
    site before one for all sites. `path` is the normalised path of the address.
    """
    whole = Redirect.normalise_path(f"/{address.replace(chr(0), '').lstrip('/')}", decode_unicode=False)
    forms = [uri_to_iri(whole), whole, Redirect.normalise_path(path)]
    redirects = Redirect.get_for_site(site).filter(old_path__in=forms)
    redirect = min(redirects, key=lambda found: (forms.index(found.old_path), found.site_id is None), default=None)
    if redirect is None:
        return None
    location: str | None = redirect.redirect_link
    if redirect.redirect_page_id:
        page = public_pages(site=site, now=now).filter(pk=redirect.redirect_page_id).first()
        location = _path_of(page, site=site, now=now) if page else None
        if location and redirect.redirect_page_route_path:
            location = location.rstrip("/") + redirect.redirect_page_route_path
    if not location:
        return None
    return Redirection(status="redirect", location=location, permanent=redirect.is_permanent)


def _normalise(path: str) -> str:
    """Return the decoded path with one slash at either end, without query and NUL (PostgreSQL refuses it)."""
    parts = [part for part in unquote(urlsplit(f"/{path.lstrip('/')}").path).replace("\0", "\ufffd").split("/") if part]
    return "/".join(["", *parts, ""])


def _split(path: str, *, roots: list[SiteRoot], locale: str | None) -> tuple[SiteRoot | None, str]:
    """Return the language's front page and the rest of the path under it."""
    by_language = {root.language: root for root in roots}
    first, _, rest = path.lstrip("/").partition("/")
    if first in by_language:
        return by_language[first], rest
    return by_language.get(locale) if locale else next(iter(roots), None), path.lstrip("/")


def _trail(*, root: SiteRoot, rest: str, site: Site, now: datetime) -> list[HubPage]:
    """Return the public pages on the way to the path, the nearest first."""
    parts = rest.split("/")[:-1]
    url_paths = [root.url_path + "".join(f"{part}/" for part in parts[:end]) for end in range(len(parts) + 1)]
    # The slugs are redundant, but they have an index.
    slugs = [root.url_path.split("/")[-2], *parts]
    found = public_pages(site=site, now=now).filter(slug__in=slugs, url_path__in=url_paths)
    return load_specific(found.order_by("-depth"))


def _page_or_prefix(
    resolved: type[ResolvedPage], page: HubPage, *, request: HttpRequest, path: str, site: Site, now: datetime
) -> HttpResponse | Redirection:
    """Return the page, or a redirect to it if the path lacked its language."""
    detail = build_detail(page=page, site=site, now=now)
    if detail.path != path:
        return Redirection(status="redirect", location=detail.path, permanent=False)
    found = resolved.model_construct(status="page", page=detail)
    return tag_response(markdown_response(detail) if wants_markdown(request) else as_json(found), pages=[page])


def _path_of(page: HubPage, *, site: Site, now: datetime) -> str:
    return BuildContext(site=site, now=now, pages=[page], references=References()).ref(page).path
