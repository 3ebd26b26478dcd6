"""A Content-Security-Policy on every page that brings none of its own: even markup that slips through runs nothing.

Django 6 has a middleware for it, Django 5.2 has not, and django-csp would be one more dependency for twenty lines.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

HEADER = "Content-Security-Policy"

# Our own style sheets, pictures and frames, forms to ourselves; no scripts at all, and in nobody else's frame.
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# The API's documentation is a program (Swagger UI) that asks the API and styles as it goes.
API_DOCS = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

Handler = Callable[[HttpRequest], HttpResponseBase]


def csp_middleware(get_response: Handler) -> Handler:
    """Set the policy on each answer but those of the admin, which needs inline scripts, and Django's error pages."""
    admin, docs = reverse("wagtailadmin_home"), reverse("api:openapi-view")

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_debug_page = settings.DEBUG and response.status_code in {404, 500}
        if HEADER not in response and not is_debug_page and not request.path.startswith(admin):
            response[HEADER] = API_DOCS if request.path == docs else STRICT
        return response

    return middleware
