"""The language of a response: the browser's for people; for programs only what they ask for with `locale`."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

API = "/api/"


class LanguageMiddleware(LocaleMiddleware):
    """Django's middleware, except that API responses do not vary with `Accept-Language` and claim no wrong language.

    Otherwise a CDN would keep a response for each browser's list of languages, and a list of Dutch pages would claim to
    be English.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the request's language; for the API, the project's."""
        if not request.path_info.startswith(API):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set Content-Language, except for the API, which sets it itself where it applies."""
        return response if request.path_info.startswith(API) else super().process_response(request, response)
