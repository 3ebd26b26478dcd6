"""The language of an answer: for people their browser's, for programs none but what they ask for by `locale`."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

API = "/api/"


class LanguageMiddleware(LocaleMiddleware):
    """Django's, but answers of the API do not vary with `Accept-Language`, and say no language that is not theirs.

    Else a CDN keeps an answer for each browser's list of languages, and a list of Dutch pages says that it is English.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the request's language, for the API the project's own."""
        if not request.path_info.startswith(API):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say the language, but not for the API, which says it where there is one."""
        return response if request.path_info.startswith(API) else super().process_response(request, response)
