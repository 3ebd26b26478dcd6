"""The format of all errors: problem details for HTTP APIs (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from cms.api.values import Value

PROBLEM_JSON = "application/problem+json"

logger = logging.getLogger("django.request")


class ProblemField(Value):
    """What is wrong with one part of the request."""

    location: str = Field(description="Where it is: `query`, `path`, `body` …", examples=["query"])
    name: str = Field(description="Its name, with dots between the parts of a nested name.", examples=["limit"])
    message: str = Field(description="What is wrong with it.", examples=["Input should be less than or equal to 100"])


class Problem(Value):
    """What went wrong (RFC 9457)."""

    type: str = Field(
        default="about:blank",
        description="A URI for the kind of problem; `about:blank`, as the status says everything.",
        examples=["about:blank"],
    )
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        default="",
        description="What happened this time; may be empty.",
        examples=["There is no page and no redirect at this path."],
    )
    errors: list[ProblemField] | SkipJsonSchema[None] = Field(
        default=None, description="With 422: a list of what is wrong."
    )
    nearest: str | SkipJsonSchema[None] = Field(
        default=None,
        description="With 404 from `/resolve`: the path of the nearest page above that is public.",
        examples=["/en/themes/"],
    )


class PathNotFound(Http404):
    """There is no page and no redirect at this path."""

    def __init__(self, *, nearest: str | None) -> None:
        super().__init__(self.__doc__)
        self.nearest = nearest


def problem_response(
    *,
    status: int,
    detail: str = "",
    errors: Sequence[ProblemField] | None = None,
    nearest: str | None = None,
) -> HttpResponse:
    """Return a problem as a response."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=list(errors) if errors is not None else None,
        nearest=nearest,
    )
    return HttpResponse(problem.model_dump_json(exclude_none=True), status=status, content_type=PROBLEM_JSON)


@csrf_exempt  # otherwise a POST gets Django's own 403 page
def not_found(_request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Answer requests under `/api/` that match no route."""
    return problem_response(status=404, detail="There is nothing at this address.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer requests that Django refuses before it looks for a route, such as those for an unknown host."""
    if request.path_info.startswith("/api/"):
        return problem_response(status=400, detail="The request is not understood.")
    page: HttpResponse = defaults.bad_request(request, exception)
    return page


def handle_errors(api: NinjaAPI) -> None:
    """Make `api` answer every error with a problem."""
    handlers: dict[type[Exception], Callable[..., HttpResponse]] = {
        Exception: _server_error,
        Http404: _http_404,
        HttpError: _http_error,
        ValidationError: _validation_error,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _http_404(_request: HttpRequest, exc: Http404) -> HttpResponse:
    return problem_response(status=404, detail=str(exc), nearest=getattr(exc, "nearest", None))


def _http_error(_request: HttpRequest, exc: HttpError) -> HttpResponse:
    response = problem_response(status=exc.status_code, detail=str(exc))
    if exc.status_code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 11.6.1
    return response


def _validation_error(_request: HttpRequest, exc: ValidationError) -> HttpResponse:
    return problem_response(
        status=422,
        detail="The request is not understood; see errors.",
        errors=[_field(error) for error in exc.errors],
    )


def _field(error: dict[str, Any]) -> ProblemField:
    """Return Pydantic's error without its prefix and the names that Ninja gives to the models that wrap parameters."""
    location, *parts = error["loc"]
    named = [str(part) for part in parts]
    # Only the last parts were written by the client: ["filters", "limit"], ["tag", "0"].
    name = ".".join(named[1:] if len(named) > 1 and location in {"query", "body", "form"} else named)
    return ProblemField(location=str(location), name=name, message=error["msg"].removeprefix("Value error, "))


def _server_error(request: HttpRequest, exc: Exception) -> HttpResponse:
    got_request_exception.send(sender=None, request=request)
    logger.error(
        "Internal Server Error: %s",
        request.path,
        exc_info=exc,
        extra={"status_code": 500, "request": request},
    )
    return problem_response(status=500, detail="Something went wrong on our side.")
