"""What a request's body has to be before it is parsed: JSON by its media type, and small."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import unwrap

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.errors import HttpError
from ninja.operation import Operation

MAX_BODY_BYTES = 64 * 1024


def check_body(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate an operation's `run` (Ninja's mode "view") to answer 415 and 413, if it takes a body.

    Ninja reads JSON whatever the media type says; a page of another site may send `text/plain` without a preflight.
    """
    operation: Operation = unwrap(run).__self__
    if all(model.__ninja_param_source__ != "body" for model in operation.models):
        return run

    @wraps(run)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        error = _error(request)
        return operation.api.on_exception(request, error) if error else run(request, *args, **kwargs)

    return checked


def _error(request: HttpRequest) -> HttpError | None:
    if request.content_type != "application/json":
        return HttpError(415, "Send the body as application/json.")
    length = request.headers.get("Content-Length") or "0"
    try:
        too_large = int(length) > MAX_BODY_BYTES or len(request.body) > MAX_BODY_BYTES
    except (RequestDataTooBig, ValueError):
        too_large = True
    return HttpError(413, f"The body may have {MAX_BODY_BYTES} bytes at most.") if too_large else None
