"""Rich text of staff, made fit for a mail: whitelisted, absolute links, inlined CSS; and as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3
from bs4 import BeautifulSoup, Tag
from django.utils.html import format_html
from premailer import Premailer
from wagtail.rich_text import expand_db_html
from wagtail.rich_text.rewriters import FIND_EMBED_TAG, extract_attrs

from newsletters.compile.safety import printable
from newsletters.exceptions import RichTextTooDeep

TAGS = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "ul"}
MOST_CHARACTERS = 50_000
MOST_DEPTH = 20  # MRML crashes the process on markup nested thousands deep


def to_mail_html(source: str, *, base_url: str, css: str) -> str:
    """Return database rich text as safe HTML with `css` inlined and links absolute to `base_url`."""
    if len(source) > MOST_CHARACTERS:
        raise RichTextTooDeep
    safe = nh3.clean(
        expand_db_html(FIND_EMBED_TAG.sub(_embed_as_link, printable(source))),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", base_url),
        link_rel=None,
    )
    if _depth(safe) > MOST_DEPTH:
        raise RichTextTooDeep
    if not safe.strip():
        return ""
    inlined = Premailer(
        safe, css_text=css, allow_network=False, disable_validation=True, keep_style_tags=False
    ).transform()
    body = inlined.partition("<body>")[2].partition("</body>")[0]
    # libxml2 leaves the end tag of an empty list item out, which MRML does not forgive; here every end is written.
    return nh3.clean(body, tags=TAGS, attributes={"*": {"style"}, "a": {"href", "style"}}, link_rel=None).strip()


def _embed_as_link(match: re.Match[str]) -> str:
    """Return a link for a video or a post, nothing for a picture: expanding would ask the provider, and make files."""
    attributes = extract_attrs(match.group(1))
    if attributes.get("embedtype") != "media" or not attributes.get("url"):
        return ""
    return format_html('<p><a href="{0}">{0}</a></p>', attributes["url"])


def to_mail_text(html: str) -> str:
    """Return safe HTML (of `to_mail_html`) as paragraphs of plain text; a link's address follows its text."""
    soup = BeautifulSoup(html, "html.parser")
    for link in soup.find_all("a"):
        link.append(f" ({link['href']})" if link.get("href") else "")
    for line_break in soup.find_all("br"):
        line_break.replace_with("\n")
    blocks = [tag for tag in soup.find_all(["p", "li"]) if isinstance(tag, Tag)]
    return "\n\n".join(f"- {tag.get_text().strip()}" if tag.name == "li" else tag.get_text().strip() for tag in blocks)


class _DepthMeter(HTMLParser):
    """Measures how deeply elements are nested, in sanitised HTML, where every element but `br` is closed."""

    depth = deepest = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "br":
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


def _depth(safe: str) -> int:
    meter = _DepthMeter()
    meter.feed(safe)
    return meter.deepest
