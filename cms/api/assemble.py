"""One NinjaAPI from the core's and the plugins' parts; called when all apps are ready."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Union

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from pydantic import Field

from cms.api.caching import cached
from cms.api.errors import PROBLEM_JSON, Problem, handle_errors, problem_response
from cms.api.feed_items import Feed
from cms.api.feeds import feeds_router
from cms.api.pages import pages_router
from cms.api.params import reject_unknown
from cms.api.preview import preview_router
from cms.api.resolve import resolve_router
from cms.api.site import router as site_router
from cms.api.sitemap import router as sitemap_router
from cms.plugins import PageType
from cms.registry import page_types, plugins

DESCRIPTION = """What the hub publishes, as JSON. Public and read-only but for subscriptions.

Lists hold summaries, single pages are details; `type` tells them apart. Errors are problem details
(RFC 9457).
"""


class HubApi(NinjaAPI):
    """Ninja's API, with problem details for whatever goes wrong, in answers and in the document."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Return what `path()` takes; each view answers HEAD too, and 405 as a problem."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _plain_http(pattern.callback)
        return patterns, app_name, namespace

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Return the OpenAPI document, where each operation may answer with a problem."""
        document = super().get_openapi_schema(**kwargs)
        for model in (Feed, Problem):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            document["components"]["schemas"] |= {**schema.pop("$defs", {}), model.__name__: schema}
        content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {"description": "A problem", "content": content}
        return document


def build_api() -> HubApi:
    """Return the Content API of the core and of all installed plugins."""
    api = HubApi(title="Innovation Hub", version="1", description=DESCRIPTION, urls_namespace="api")
    handle_errors(api)
    api.add_decorator(cached, mode="view")
    api.add_decorator(reject_unknown, mode="view")
    types = sorted(page_types().values(), key=lambda each: each.type)
    summary, detail = _union(types, "summary"), _union(types, "detail")
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


def _union(types: list[PageType], kind: str) -> Any:
    schemas = tuple(getattr(each, kind) for each in types)
    if len(schemas) == 1:
        return schemas[0]
    return Annotated[Union[schemas], Field(discriminator="type")]  # noqa: UP007  # made from a tuple


def _plain_http(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method = request.method
        request.method = "GET" if method == "HEAD" else method  # the server drops the body
        response = view(request, *args, **kwargs)
        request.method = method
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        problem = problem_response(status=405, detail=f"Use {response['Allow']}.")
        problem["Allow"] = response["Allow"]
        return problem

    return wrapped
