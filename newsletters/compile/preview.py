"""An edition as it would be sent, for the frames of the staff's pages."""

from __future__ import annotations

from django.http import HttpResponse

from newsletters.compile.edition import CompiledEdition
from newsletters.sending.personal import PersonalLinks, fill_html, fill_text, personal_parts

PREVIEW_CSP = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"


def edition_response(compiled: CompiledEdition, *, kind: str, language: str) -> HttpResponse:
    """Return an edition's HTML or text with a neutral salutation, unable to run or load anything foreign."""
    links = PersonalLinks.of_a_test(language=language)
    parts = personal_parts(language=language, first_name="", links=links, greeting=compiled.greeting)
    is_text = kind == "text"
    body = fill_text(compiled.text, parts=parts) if is_text else fill_html(compiled.html, parts=parts)
    subtype = "plain" if is_text else "html"
    return HttpResponse(
        body,
        content_type=f"text/{subtype}; charset=utf-8",
        headers={"Content-Security-Policy": PREVIEW_CSP},
    )
