"""A page's content as plain HTML for formats without blocks: feeds, Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

import nh3
from django.template.loader import render_to_string
from django.utils import translation

from cms.api.lookups.rich_text import SCHEMES, TAGS
from cms.plugins.fences import fenced
from cms.plugins.registry import block_kinds

if TYPE_CHECKING:
    from cms.api.body import Block


PLAIN_TAGS = TAGS | {"div", "figcaption", "figure", "h1", "img"}
# What blocks are made of besides; mails, whose tables are for the layout, go without.
BLOCK_TAGS = PLAIN_TAGS | {"caption", "details", "summary", "table", "tbody", "td", "th", "thead", "tr"}
PLAIN_ATTRIBUTES = {"a": {"href"}, "img": {"alt", "height", "src", "width"}, "th": {"scope"}}
# The content of these is not for readers.
UNREAD_TAGS = {"head", "script", "style", "title"}
# Everything but the Chars of XML 1.0 (section 2.2), and the control characters among these; editors paste them.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LinkedPage(Protocol):
    """A page with its address and the code of its language, such as a `PageDetail`."""

    url: str
    locale: str


def blocks_html(blocks: Iterable[Block], *, base: str, language: str) -> str:
    """Return the blocks as the plain pages show them, with links made absolute from `base`, the page's address.

    A block that is of no kind for bodies is left out.
    """
    with translation.override(language):
        return _cleaned("".join(_block_html(block) for block in blocks), base=base, tags=BLOCK_TAGS)


def parts_html(template: str, *, detail: LinkedPage) -> str:
    """Return what this template shows of a detail, as `blocks_html` does with blocks."""
    with translation.override(detail.locale):
        return plain_html(render_to_string(template, {"detail": detail}), base=detail.url)


def plain_html(html: str, *, base: str) -> str:
    """Return `html`, a fragment or a whole document, reduced to text, lists, links and pictures."""
    return _cleaned(html, base=base, tags=PLAIN_TAGS)


def _cleaned(html: str, *, base: str, tags: set[str]) -> str:
    return nh3.clean(
        html,
        tags=tags,
        clean_content_tags=UNREAD_TAGS,
        attributes=PLAIN_ATTRIBUTES,
        url_schemes=SCHEMES,
        url_relative=("rewrite_with_base", base),
        link_rel=None,
    ).strip()


def printable(text: str) -> str:
    """Return the text without the characters that XML does not allow."""
    return UNPRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """Return the text on one line, without the characters that XML does not allow."""
    return " ".join(printable(text).split())


def _block_html(block: Block) -> str:
    kind = block_kinds().get(block.type)
    if kind is None:
        return ""

    def show() -> str:
        return render_to_string(kind.template, {"value": block})

    return fenced("template", show, of=kind, about=kind.name, otherwise="")
