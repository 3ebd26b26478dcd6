"""Rich text as plain text: lists keep their bullets and numbers, and a link's address follows its text."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from bs4 import Tag
from markdownify import MarkdownConverter

from cms.values.hosts import with_readable_host

_NOT_READ = re.compile(r"^(?:https?://|mailto:|tel:|sms:)?(?:www\.)?", re.IGNORECASE)
_Base: Any = MarkdownConverter  # its stubs lack the methods that we override


def to_mail_text(html: str) -> str:
    """Return safe HTML (of `to_mail_html`) as plain text, a paragraph or an item on a line."""
    text: str = _PlainText().convert(html)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


class _PlainText(_Base):
    """markdownify without Markdown's marks: nobody will turn the text into HTML again."""

    class Options:
        """Options of markdownify: white space becomes one space, and lines are folded later, with the whole mail."""

        bullets = "-"
        strong_em_symbol = ""
        escape_asterisks = escape_underscores = False
        wrap, wrap_width = True, None

    def convert_a(self, el: Tag, text: str, **_context: object) -> str:
        words, href = text.strip(), str(el.get("href") or "")
        if not href:
            return text
        address = _readable(href)
        if not words or _key(words) == _key(address):
            shown = address if href.startswith("http") or not words else words  # mail programs make a link of it
        else:
            shown = f"{words} ({address})"
        return f"{' ' * text.startswith(' ')}{shown}{' ' * text.endswith(' ')}"

    def convert_br(self, _el: Tag, _text: str, parent_tags: set[str]) -> str:
        return " " if "_inline" in parent_tags else "\n"

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        paragraph: str = super().convert_p(el, re.sub(r" *\n *", "\n", text), parent_tags)
        return paragraph

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        listing = el.parent
        if listing and not re.fullmatch(r"[0-9]{1,6}", str(listing.get("start", "1"))):
            del listing["start"]
        item: str = super().convert_li(el, text, parent_tags)
        return item

    def convert_hN(self, _n: int, _el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - markdownify's name
        return text if "_inline" in parent_tags else f"\n\n{' '.join(text.split())}\n\n"

    def convert_hr(self, _el: Tag, _text: str, **_context: object) -> str:
        return "\n\n* * *\n\n"

    def convert_tr(self, _el: Tag, text: str, **_context: object) -> str:
        return text.strip().removesuffix("|").rstrip() + "\n"

    def convert_code(self, _el: Tag, text: str, **_context: object) -> str:
        return text

    convert_del = convert_s = convert_kbd = convert_samp = convert_pre = convert_code


def _readable(href: str) -> str:
    """Return an address the way people write it."""
    url = with_readable_host(href)
    scheme, _colon, rest = url.partition(":")
    return unquote(rest.partition("?")[0]) if scheme in {"mailto", "sms", "tel"} else url


def _key(address: str) -> str:
    """Return a key that is the same for two ways of writing an address."""
    known = _NOT_READ.sub("", with_readable_host(address.strip())).rstrip("/").casefold()
    number = re.sub(r"[\s().-]", "", known)
    return number if re.fullmatch(r"\+?[0-9]+", number) else unquote(known)
