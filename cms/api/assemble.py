"""Assemble one NinjaAPI from the core's and the plugins' parts, once all apps are ready."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import reduce, wraps
from pathlib import Path
from typing import Annotated, Any, Union

from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils.timezone import get_default_timezone_name
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType
from wagtail.admin.utils import get_admin_base_url

from cms.api.feeds.items import Feed
from cms.api.feeds.routes import feeds_router
from cms.api.http.caching import briefly_kept, cached
from cms.api.http.errors import Problem, handle_errors, not_found, problem_response
from cms.api.http.params import reject_unknown
from cms.api.http.renderer import HubRenderer
from cms.api.http.request_body import check_body
from cms.api.openapi import finish
from cms.api.routes.pages import pages_router
from cms.api.routes.preview import preview_router
from cms.api.routes.resolve import resolve_router
from cms.api.routes.site import router as site_router
from cms.api.routes.sitemap import router as sitemap_router
from cms.pictures.renditions import PRESETS
from cms.plugins import Summary
from cms.plugins.registry import page_types, plugins

DESCRIPTION = Path(__file__).parent / "openapi.md"


# Returns the OpenAPI document's part on webhooks, and the schemas that it names.
DescribeWebhooks = Callable[[], tuple[Mapping[str, object], Sequence[type[BaseModel]]]]


def no_webhooks() -> tuple[Mapping[str, object], Sequence[type[BaseModel]]]:
    """Describe no webhooks."""
    return {}, ()


class HubApi(NinjaAPI):
    """Ninja's API with problem details for all errors, in answers and in the document."""

    describe_webhooks: DescribeWebhooks

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Return what `path()` takes; every view answers HEAD too, and answers 405 with a problem."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                view = conditional_page(pattern.callback) if pattern.name == "openapi-json" else pattern.callback
                pattern.callback = plain_http(view)
        return patterns, app_name, namespace

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the OpenAPI document, with every answer described and with schemas that generators can read."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["webhooks"], messages = self.describe_webhooks()
        finish(
            document,
            models=(Feed, Problem, *messages),
            throttled=self._ids_of(lambda operation: bool(operation.throttle_objects)),
            never_kept=self._ids_of(lambda operation: getattr(operation.view_func, "is_never_kept", False)),
            tags=_plugin_tags(),
        )
        return document

    def _ids_of(self, matches: Callable[[Operation], bool]) -> set[str]:
        """Return the ids of the operations that match."""
        return {
            operation.operation_id or self.get_openapi_operation_id(operation)
            for router in self._get_bound_routers()
            for view in router.path_operations.values()
            for operation in view.operations
            if matches(operation)
        }


def build_api(*, describe_webhooks: DescribeWebhooks = no_webhooks) -> HubApi:
    """Return the Content API of the core and of all installed plugins."""
    url = get_admin_base_url() or "http://localhost"
    api = HubApi(
        title="Innovation Hub: Content API",
        renderer=HubRenderer(),
        version="1",
        description=_description(url),
        urls_namespace="api",
        docs_decorator=require_safe,
        servers=[{"url": "/", "description": "The hub that serves this document."}],
        openapi_extra={
            "info": {
                "summary": "What the hub publishes, as JSON.",
                "contact": {"name": "Innovation Hub", "url": f"{url}/"},
                "license": {"name": "BSD 3-Clause", "identifier": "BSD-3-Clause"},
            }
        },
    )
    api.describe_webhooks = describe_webhooks
    handle_errors(api)
    api.add_decorator(cached, mode="view")
    api.add_decorator(check_body, mode="view")
    api.add_decorator(reject_unknown, mode="view")
    types = sorted(page_types().values(), key=lambda page_type: page_type.type)
    summary = _union("PageSummary", [page_type.summary for page_type in types], "A page in a list")
    detail = _union("PageDetail", [page_type.detail for page_type in types], "A page in full")
    api.add_router("", site_router)
    api.add_router("", sitemap_router)
    api.add_router("", feeds_router())
    api.add_router("", resolve_router(detail=detail))
    api.add_router("pages", pages_router(summary=summary, detail=detail))
    api.add_router("preview", preview_router(detail=detail))
    for plugin in plugins():
        if plugin.router is not None:
            api.add_router(plugin.name, plugin.router, tags=plugin.router.tags or [plugin.name])
    return api


def _description(url: str) -> str:
    """Return the description of the API, filled in for this hub; `url` is its address."""
    widths = {name: " and ".join(str(width) for width in PRESETS[name]) for name in ("card", "wide")}
    presets = f"In lists the files are {widths['card']} pixels wide, in details {widths['wide']}."
    filled = {"{presets}": presets, "{time_zone}": get_default_timezone_name(), "{url}": url}
    return reduce(lambda text, item: text.replace(*item), filled.items(), DESCRIPTION.read_text())


def _union(name: str, schemas: Sequence[type[Summary]], description: str) -> TypeAliasType:
    """Return the union of these schemas as a type with a name, which the document uses too."""
    union: Any = Union[tuple(schemas)]  # noqa: UP007  # made from a list
    if len(schemas) > 1:
        union = Annotated[
            union, Field(discriminator="type", description=f"{description}; its `type` tells the types of pages apart.")
        ]
    return TypeAliasType(name, union)


def _plugin_tags() -> dict[str, str]:
    """Return what the plugins' routes are for: the first line of their module's docstring."""
    purposes: dict[str, str] = {}
    for plugin in plugins():
        for view in plugin.router.path_operations.values() if plugin.router else ():
            module = sys.modules[view.operations[0].view_func.__module__]
            for tag in (plugin.router and plugin.router.tags) or [plugin.name]:
                first_line = (module.__doc__ or "").partition("\n")[0]
                purposes.setdefault(tag, re.sub(r"^`[^`]*`: (.)", lambda found: found[1].upper(), first_line))
    return purposes


def plain_http(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return the view with the conventions of the API.

    HEAD is answered like GET, 404 and 405 are problems, and 404 and 422 may be cached briefly.
    """
    view = briefly_kept(view)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        method = request.method
        request.method = "GET" if method == "HEAD" else method  # the server drops the body
        try:
            response = view(request, *args, **kwargs)
        except Http404:  # Ninja's own root, where there is nothing
            response = not_found(request)
        request.method = method
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        allowed = ", ".join(sorted({*response["Allow"].split(", "), *({"HEAD"} if "GET" in response["Allow"] else ())}))
        problem = problem_response(status=405, detail=f"Use {allowed}.")
        problem["Allow"] = allowed
        return problem

    return csrf_exempt(wrapped)  # as Ninja's own views are, including those of the document
