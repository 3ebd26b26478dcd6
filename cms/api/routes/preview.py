"""`/preview`: a page that an editor has not saved yet, for the website to show, built like a live page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import P, PathEx, Router
from ninja.decorators import decorate_view
from ninja.errors import HttpError
from pydantic import ValidationError
from typing_extensions import TypeAliasType
from wagtail.models import Site

from cms.api.build import build_detail
from cms.api.http.caching import never_kept
from cms.api.http.renderer import as_json
from cms.api.schemas import PageDetail
from cms.models import HubPage
from cms.previews import PRIVATE, find_preview

Token = PathEx[
    str,
    P(description="The token that the hub added to the website's preview address.", examples=["b3V0IG9mIHRoZSBodWI"]),
]
UNKNOWN = "There is no such preview, or it has expired."


def keep_private(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate an operation so that no cache, search engine or other site keeps its answers, including errors."""

    @wraps(run)
    def private(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = run(request, *args, **kwargs)
        for name, value in PRIVATE.items():
            response[name] = value
        return response

    return private


def preview_router(*, detail: TypeAliasType) -> Router:
    """Return the route for previews; `detail` is the union of all types' details."""
    router = Router(tags=["pages"])

    # `path`, so that a token with a slash in it is as unknown as any other.
    @router.get(
        "/{path:token}",
        response=detail,
        operation_id="getPreview",
        summary="Get a preview",
        openapi_extra={"responses": {409: {"description": "The page is not finished; `detail` names the fields."}}},
    )
    @decorate_view(keep_private)
    @never_kept
    def get_preview(request: HttpRequest, token: Token) -> HttpResponse:  # noqa: ARG001 - Ninja wants this name
        """Return the page that an editor is writing, as it would be public; the website gets the token from the hub.

        404 if the token is unknown or has expired, 409 if the page lacks what a published page needs.
        """
        now = timezone.now()
        page = find_preview(token=token, now=now)
        site = page.get_site() if page else None
        if page is None or site is None:
            raise Http404(UNKNOWN)
        return as_json(build_preview(page=page, site=site, now=now))

    return router


def build_preview(*, page: HubPage, site: Site, now: datetime) -> PageDetail:
    """Return the detail of the page in memory, checked against its schema like any other detail.

    Raises HttpError if the page lacks what a published page needs, or refers to what does not exist.
    """
    try:
        draft = build_detail(page=page, site=site, now=now, draft=True)
        return type(draft).model_validate(dict(draft))
    except ValidationError as error:
        fields = sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]})
        raise HttpError(409, f"The page is not finished; look at: {', '.join(fields)}.") from error
    except ObjectDoesNotExist as error:  # nothing chosen yet, or deleted meanwhile
        raise HttpError(409, "The page is not finished: something that it needs is missing.") from error
