"""The project's URLs: the admin, the Content API, the plugins' own URLs, and the plain pages."""

import re
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.conf.urls.static import static
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from cms.api.assemble import build_api, plain_http
from cms.api.http.errors import not_found
from cms.plugins.registry import plugin_apps
from cms.webhooks.describe import describe_webhooks

handler400 = "cms.api.http.errors.bad_request"


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer, to show that the process is alive."""
    return HttpResponse("ok", content_type="text/plain")


def plugin_patterns() -> list[URLPattern | URLResolver]:
    """Return the patterns of the plugins' own `urls` modules, mounted at the root."""
    names = [f"{config.name}.urls" for config, _ in plugin_apps() if f"{config.name}.urls" != __name__]
    return [path("", include(import_module(name))) for name in names if find_spec(name)]


def first_parts(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Return the first path segments that these patterns match."""
    parts: set[str] = set()
    for pattern in patterns:
        route = str(pattern.pattern).lstrip("^")
        if not route and isinstance(pattern, URLResolver):
            parts |= first_parts(pattern.url_patterns)
        elif (part := route.partition("/")[0]) and re.fullmatch(r"[\w.-]+", part):
            parts.add(part)
    return parts


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("api/v1/", build_api(describe_webhooks=describe_webhooks).urls),
    re_path(r"^api(/|$)", plain_http(not_found)),
    *plugin_patterns(),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]

# Django redirects a 404 at a path without a language to the same path with one, if a route matches that. A mail
# provider's POST and the API's clients must get their 404 instead, so pages are not served at these paths.
_ours = "|".join(sorted(re.escape(part) for part in first_parts(urlpatterns)))
urlpatterns += i18n_patterns(re_path(rf"^(?!(?:{_ours})(?:/|$))", include(wagtail_urls)))
