"""From a schema's value to the bytes of an answer."""

from __future__ import annotations

from django.http import HttpResponse
from pydantic import BaseModel


def as_json(value: BaseModel) -> HttpResponse:
    """Return `value` as JSON.

    Our schemas check their values when they are built, so this spares Ninja's second check and its slower encoder.
    """
    return HttpResponse(value.model_dump_json(warnings=False), content_type="application/json; charset=utf-8")
