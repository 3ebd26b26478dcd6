"""A page's detail as Markdown, for whoever asks with `Accept: text/markdown` (RFC 7763)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from markdownify import ATX, MarkdownConverter

from cms.api.content import printable
from cms.api.schemas import PageDetail
from cms.api.values import Document

MEDIA_TYPE = "text/markdown"
# For `openapi_extra` of an operation that answers in Markdown too.
MARKDOWN_RESPONSE = {
    "responses": {
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "description": "The page as Markdown."}}}}
    }
}


_Base: Any = MarkdownConverter  # its stubs leave out what is there to be overridden


class Converter(_Base):
    """markdownify, with what may stand in a link's address or in a text alternative escaped."""

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """Write a link."""
        if el.get("href"):
            el["href"] = _address(el["href"])
        link: str = super().convert_a(el, text, parent_tags)
        return link

    def convert_img(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """Write a picture by its text alternative."""
        alt = self.escape(" ".join(el.get("alt", "").split()), parent_tags)
        return f"![{alt}]({_address(el.get('src', ''))})"


def wants_markdown(request: HttpRequest) -> bool:
    """Return whether the client would rather have Markdown than JSON (RFC 9110, section 12.5.1)."""
    return request.get_preferred_type(["application/json", MEDIA_TYPE]) == MEDIA_TYPE


def markdown_response(detail: PageDetail) -> HttpResponse:
    """Return the detail as a response in Markdown."""
    return HttpResponse(
        page_markdown(detail),
        content_type=f"{MEDIA_TYPE}; charset=utf-8",
        headers={"Content-Language": detail.locale},
    )


def page_markdown(detail: PageDetail) -> str:
    """Return the page's title, summary, picture, what its type adds, and its content, as CommonMark."""
    parts = [format_html("<h1>{}</h1>", detail.title)]
    if detail.summary:
        parts.append(format_html("<p>{}</p>", detail.summary))
    if detail.image:
        parts.append(format_html('<p><img src="{}" alt="{}"></p>', detail.image.src, detail.image.alt))
    if facts := format_html_join("", "<li>{}: {}</li>", _facts(detail)):
        parts.append(format_html("<ul>{}</ul>", facts))
    parts.append(mark_safe(detail.content_html()))  # sanitised when it was made
    return to_markdown("".join(parts))


def to_markdown(html: str) -> str:
    """Return sanitised HTML as CommonMark; characters of the text that would mean something are escaped."""
    converter = Converter(heading_style=ATX, bullets="-", escape_misc=True)
    text = printable(converter.convert(html)).strip()
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


def _facts(detail: PageDetail) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the fields that the page's type adds, as far as a line can hold them."""
    for name in (each for each in type(detail).model_fields if each not in PageDetail.model_fields):
        shown = _shown(getattr(detail, name))
        if shown:
            yield name.replace("_", " ").capitalize(), shown


def _shown(value: Any) -> str | SafeString:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Document):
        return format_html('<a href="{}">{}</a>', value.url, value.title)
    if isinstance(value, datetime):
        return localtime(value).isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.match(r"https?://", value):
        return format_html('<a href="{0}">{0}</a>', value)
    return str(value) if isinstance(value, str | int | float) else ""


def _address(url: str) -> str:
    """Return the address without the characters that would end it."""
    return re.sub(r"[\s()<>\\]", lambda found: f"%{ord(found[0]):02X}", url)
