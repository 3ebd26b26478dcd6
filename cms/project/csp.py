"""A Content-Security-Policy for every page without its own, so that injected markup cannot run scripts.

Django 6 has a middleware for it, but Django 5.2 does not, and django-csp would be another dependency for twenty lines.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

HEADER = "Content-Security-Policy"

# Only our own style sheets, pictures, frames and form targets; no scripts; not in another site's frame.
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# The API's documentation is a program (Swagger UI) that calls the API and sets inline styles.
API_DOCS = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

Handler = Callable[[HttpRequest], HttpResponseBase]


def csp_middleware(get_response: Handler) -> Handler:
    """Set the policy on every answer except the admin's, which need inline scripts, and Django's debug pages."""
    admin, docs = reverse("wagtailadmin_home"), reverse("api:openapi-view")

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_debug_page = settings.DEBUG and response.status_code in {404, 500}
        if HEADER not in response and not is_debug_page and not request.path.startswith(admin):
            response[HEADER] = API_DOCS if request.path == docs else STRICT
        return response

    return middleware
