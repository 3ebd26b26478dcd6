"""Rich text: from what Wagtail stores to clean HTML whose links lead only to what is public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nh3
from django.utils.html import escape
from wagtail.rich_text.rewriters import EmbedRewriter, LinkRewriter, MultiRuleRewriter

TAGS = {
    *("a", "b", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "s"),
    *("strong", "sub", "sup", "u", "ul"),
}
SCHEMES = {"http", "https", "mailto", "tel"}


def expand(source: str, *, page_href: Callable[[str], str | None], document_href: Callable[[str], str | None]) -> str:
    """Return the HTML of a stored rich text.

    `page_href` and `document_href` take a key as it is stored and return an address; for None the words stay
    and the link goes. Embeds are dropped: the bodies of the hub have blocks for pictures.
    """
    rewriter = MultiRuleRewriter(
        [
            LinkRewriter(bulk_rules={"page": _rule(page_href), "document": _rule(document_href)}),
            EmbedRewriter(),
        ]
    )
    return nh3.clean(rewriter(source), tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel=None)


def _rule(find: Callable[[str], str | None]) -> Callable[[list[dict[str, Any]]], list[str]]:
    def replace(attributes: list[dict[str, Any]]) -> list[str]:
        hrefs = (find(str(each.get("id", ""))) for each in attributes)
        return [f'<a href="{escape(href)}">' if href else "<a>" for href in hrefs]

    return replace
