"""Strict query parameters: an unknown parameter or language is an error that names it, and a number is not a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from inspect import unwrap
from typing import Annotated

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.errors import ValidationError
from ninja.operation import Operation
from pydantic import AfterValidator, BeforeValidator, Field
from wagtail.coreutils import get_content_languages

from cms.api.values import LanguageCode


def _no_number(value: object) -> object:
    try:
        float(str(value))
    except ValueError:
        return value
    raise ValueError("Write a time or a date, such as 2026-12-03T13:00:00Z or 2026-12-03.")


def _known_language(code: str) -> str:
    known = get_content_languages()
    if code in known:
        return code
    raise ValueError(f"The hub has no such language; it has {', '.join(known)}.")


# The code of a language in a query parameter.
Language = Annotated[LanguageCode, AfterValidator(_known_language)]

# Without the validator, Pydantic reads 2026 as seconds since 1970.
Moment = Annotated[datetime, BeforeValidator(_no_number), Field(examples=["2026-12-03T13:00:00Z"])]


def reject_unknown(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate an operation's `run` (Ninja's mode "view") to reject query parameters that it does not declare."""
    operation: Operation = unwrap(run).__self__

    @wraps(run)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        unknown = sorted(set(request.GET) - known_parameters(operation))
        if not unknown:
            return run(request, *args, **kwargs)
        errors = [{"loc": ("query", name), "msg": "There is no such query parameter."} for name in unknown]
        return operation.api.on_exception(request, ValidationError(errors))

    return checked


def known_parameters(operation: Operation) -> set[str]:
    """Return the names of the query parameters that the operation declares."""
    return {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in getattr(model, "__ninja_flatten_map__", ())
    }
