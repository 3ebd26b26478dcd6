"""An edition as it would be sent, for the frames of the staff's pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.files.storage import default_storage
from django.http import HttpResponse

from newsletters.compile.edition import CompiledEdition
from newsletters.conf import conf
from newsletters.sending.personal import PersonalLinks, fill_html, fill_text, personal_parts


def picture_hosts() -> str:
    """Return where a mail's pictures come from, for a policy: the public site and the media, which may be elsewhere."""
    addresses = (urlsplit(url) for url in (conf.PUBLIC_URL, default_storage.url("x")))
    return " ".join(sorted({f"{each.scheme}://{each.netloc}" for each in addresses if each.netloc}))


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
        headers={
            "Content-Security-Policy": f"default-src 'none'; img-src 'self' data: {picture_hosts()}; "
            "style-src 'unsafe-inline'; frame-ancestors 'self'"
        },
    )
