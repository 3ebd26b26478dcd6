"""Rendering values as JSON without control characters."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from ninja.renderers import JSONRenderer
from pydantic import BaseModel

PERHAPS_CONTROL = re.compile(r"\\u00|\\[bf]|[\x7f-\x9f]")
# A JSON escape is matched as a whole: in `\\u0007` only the backslash is escaped.
CONTROL_OR_ESCAPE = re.compile(r"\\(?:u00(?:[01][0-9a-f]|7f|[89][0-9a-f])|[bf])|[\x7f-\x9f]|\\(.)", re.IGNORECASE)


class HubRenderer(JSONRenderer):
    """Ninja's JSON, without control characters."""

    def render(self, request: HttpRequest, data: object, *, response_status: int) -> str:
        """Return `data` as JSON."""
        return without_controls(super().render(request, data, response_status=response_status))


def as_json(value: BaseModel) -> HttpResponse:
    """Return `value` as JSON.

    Our schemas check their values when they are built, so this skips Ninja's second check and its slower encoder.
    """
    json = without_controls(value.model_dump_json(warnings=False))
    return HttpResponse(json, content_type="application/json; charset=utf-8")


def without_controls(json: str) -> str:
    """Return the JSON without control characters (Unicode's Cc) in its strings, except tabs and line breaks.

    Editors paste them from other programs; many JSON parsers and all XML parsers reject them.
    """
    if not PERHAPS_CONTROL.search(json):
        return json
    return CONTROL_OR_ESCAPE.sub(lambda found: found[0] if found[1] else "", json)
