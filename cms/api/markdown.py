"""A page's detail as Markdown, for clients that ask with `Accept: text/markdown` (RFC 7763)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from bs4 import Tag
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import yesno
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import localtime
from markdownify import ATX, MarkdownConverter
from wagtail.fields import RichTextField

from cms.api.plain_html import one_line, printable
from cms.api.schemas import PageDetail
from cms.api.values import Document
from cms.plugins.registry import page_types

MEDIA_TYPE = "text/markdown"
# For `openapi_extra` of an operation that answers in Markdown too.
MARKDOWN_RESPONSE = {
    "responses": {
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "description": "The page as Markdown."}}}}
    }
}


_Base: Any = MarkdownConverter  # its stubs leave out the methods that subclasses may override


class Converter(_Base):
    """markdownify, with escapes in the addresses of links and in alternative texts."""

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a link."""
        if el.get("href"):
            el["href"] = _address(str(el["href"]))
        link: str = super().convert_a(el, text, parent_tags)
        return link

    def convert_summary(self, _el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - named by markdownify
        """Write what opens and closes a part as a line of its own."""
        return f"\n\n**{text.strip()}**\n\n"

    def convert_img(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        """Write a picture with its alternative text."""
        alt = self.escape(" ".join(str(el.get("alt", "")).split()), parent_tags)
        return f"![{alt}]({_address(str(el.get('src', '')))})"


def wants_markdown(request: HttpRequest) -> bool:
    """Return whether the client prefers Markdown to JSON (RFC 9110, section 12.5.1)."""
    return request.get_preferred_type(["application/json", MEDIA_TYPE]) == MEDIA_TYPE


def markdown_response(detail: PageDetail) -> HttpResponse:
    """Return the detail as a response in Markdown."""
    return HttpResponse(
        page_markdown(detail),
        content_type=f"{MEDIA_TYPE}; charset=utf-8",
        headers={"Content-Language": detail.locale},
    )


def page_markdown(detail: PageDetail) -> str:
    """Return the page as CommonMark: title, summary, picture, the fields that its type adds, and content."""
    head = format_html("<h1>{}</h1>", detail.title)
    if detail.summary:
        head += format_html("<p>{}</p>", detail.summary)
    if detail.image:
        head += format_html('<p><img src="{}" alt="{}"></p>', detail.image.src, detail.image.alt)
    with translation.override(detail.locale):
        facts = "".join(f"- {name}: {shown}\n" for name, shown in _facts(detail))
    # The content was sanitised when it was made.
    return "\n".join(filter(None, (to_markdown(head), facts, to_markdown(detail.content_html()).lstrip())))


def to_markdown(html: str) -> str:
    """Return sanitised HTML as CommonMark; characters of the text that have a meaning in Markdown are escaped."""
    converter = Converter(heading_style=ATX, bullets="-", escape_misc=True)
    text = printable(converter.convert(html)).strip()
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"


def _facts(detail: PageDetail) -> Iterator[tuple[str, str]]:
    """Yield the labels and values of the fields that the page's type adds, if they fit on a line.

    The labels are those of the type's model, in the active language.
    """
    model = next(model for model, page_type in page_types().items() if page_type.type == detail.type)
    fields = {field.name: field for field in model._meta.get_fields()}
    left_out = PageDetail.model_fields.keys() | detail.not_in_markdown
    for name in (name for name in type(detail).model_fields if name not in left_out):
        field, value = fields.get(name), getattr(detail, name)
        if isinstance(field, RichTextField):
            continue  # HTML, which the content holds
        readable = (
            dict(getattr(field, "flatchoices", None) or ()).get(value, value) if isinstance(value, str) else value
        )
        if shown := _shown(readable):
            label = getattr(field, "verbose_name", None) or name.replace("_", " ")
            yield _plain(capfirst(str(label))), shown


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(yesno(value))
    if isinstance(value, Document):
        return f"[{_plain(value.title)}]({_address(value.url)})"
    if isinstance(value, datetime):
        return localtime(value).isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.match(r"https?://", value):
        return f"<{_address(value)}>"
    return _plain(str(value)) if isinstance(value, str | int | float | Promise) else ""


def _plain(text: str) -> str:
    """Return the text on one line, with just the escapes that it needs to be read as plain text in Markdown."""
    return re.sub(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)", r"\\\g<0>", one_line(text))


def _address(url: str) -> str:
    """Return the address with the characters escaped that would end it, and without those that XML does not allow."""
    return re.sub(r"[\s()<>\\]", lambda found: f"%{ord(found[0]):02X}", printable(url))
