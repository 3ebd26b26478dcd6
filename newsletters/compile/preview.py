"""Show an edition to staff as the mail that it would be."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from newsletters.compile.content import load_content
from newsletters.compile.edition import CompiledEdition, compile_edition
from newsletters.exceptions import IssueProblem
from newsletters.models import IssuePage
from newsletters.sending.personal import NO_LINKS, fill_html, fill_text, personal_parts

PREVIEW_CSP = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"


def preview_issue(issue: IssuePage, *, mode_name: str) -> HttpResponse:
    """Return what the preview panel shows of an issue that may not be saved; `mode_name` is like `nl-html`."""
    language, _dash, kind = mode_name.rpartition("-")
    newsletter = issue.newsletter
    locale = newsletter.locales().get(language_code=language)
    try:
        content = load_content(issue, newsletter=newsletter, locale=locale, now=timezone.now())
        compiled = compile_edition(content, followed=None)
    except IssueProblem as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8")
    return edition_response(compiled, kind=kind, language=language)


def edition_response(compiled: CompiledEdition, *, kind: str, language: str) -> HttpResponse:
    """Return an edition's HTML or text with a neutral salutation, unable to run or load anything foreign."""
    parts = personal_parts(language=language, first_name="", links=NO_LINKS, greeting=compiled.greeting)
    is_text = kind == "text"
    body = fill_text(compiled.text, parts=parts) if is_text else fill_html(compiled.html, parts=parts)
    subtype = "plain" if is_text else "html"
    return HttpResponse(
        body,
        content_type=f"text/{subtype}; charset=utf-8",
        headers={"Content-Security-Policy": PREVIEW_CSP},
    )
