"""Rich text by staff, prepared for a mail: allowed tags only, absolute links, inlined CSS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

import nh3
from bs4 import BeautifulSoup
from django.utils.html import format_html
from premailer import Premailer
from wagtail.rich_text import expand_db_html
from wagtail.rich_text.rewriters import FIND_EMBED_TAG, extract_attrs

from cms.values.hosts import with_ascii_host
from newsletters.editions.words.plain_text import to_mail_text
from newsletters.editions.words.safety import printable
from newsletters.exceptions import RichTextTooDeep

__all__ = ["LostLink", "MailText", "mail_text", "to_mail_html", "to_mail_text"]

TAGS = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "ul"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "sms", "tel"}
MOST_CHARACTERS = 50_000
PIXELS_A_CHARACTER = 12  # of an item's number, in the widest font that mails have, at 16 pixels
MOST_DEPTH = 20  # MRML crashes the process on markup nested thousands deep


@dataclass(frozen=True, kw_only=True)
class LostLink:
    """A link that cannot work in a mail, so that only its text stays; `url` is empty if its target is gone."""

    words: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class MailText:
    """A rich text as a mail shows it, as HTML and as plain text, and the links that it lost."""

    html: str
    text: str
    lost: tuple[LostLink, ...] = ()


def mail_text(source: str, *, base_url: str, css: str) -> MailText:
    """Return database rich text as safe HTML with `css` inlined and links absolute to `base_url`, and as plain text.

    Raises RichTextTooDeep if it is too long, or nested too deep, for a mail.
    """
    if len(source) > MOST_CHARACTERS:
        raise RichTextTooDeep
    safe = nh3.clean(
        expand_db_html(FIND_EMBED_TAG.sub(_embed_as_link, printable(source))),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
    )
    if _depth(safe) > MOST_DEPTH:
        raise RichTextTooDeep
    soup = BeautifulSoup(safe, "html.parser")
    lost = tuple(_make_absolute(soup, base_url=base_url))
    _give_room_to_numbers(soup)
    html = _with_css(str(soup), css=css)
    return MailText(html=html, text=to_mail_text(html), lost=lost)


def to_mail_html(source: str, *, base_url: str, css: str) -> str:
    """Return only the HTML of `mail_text`."""
    return mail_text(source, base_url=base_url, css=css).html


def _make_absolute(soup: BeautifulSoup, *, base_url: str) -> Iterator[LostLink]:
    """Make every link absolute; unwrap and yield those that cannot work in a mail."""
    for link in soup.find_all("a"):
        href = str(link.get("href") or "").strip()
        # Wagtail writes None for a page on no site. An anchor in "this page" would lead to the site's front page.
        if href in {"", "None"} or href.startswith(("#", "?")):
            yield LostLink(words=link.get_text(" ", strip=True), url="" if href == "None" else href)
            link.unwrap()
        else:
            link["href"] = with_ascii_host(urljoin(f"{base_url}/", href))


def _give_room_to_numbers(soup: BeautifulSoup) -> None:
    """Indent lists with long numbers: mail clients write a number outwards from where the item's text begins."""
    for listing in soup.find_all("ol"):
        first = str(listing.get("start", ""))
        start = int(first) if re.fullmatch(r"-?[0-9]{1,9}", first) else 1
        last = start + len(listing.find_all("li", recursive=False)) - 1
        if (characters := max(len(str(start)), len(str(last)))) > 1:
            listing["style"] = f"padding-left: {(characters + 1) * PIXELS_A_CHARACTER}px"


def _with_css(html: str, *, css: str) -> str:
    if not html.strip():
        return ""
    inlined = Premailer(
        html, css_text=css, allow_network=False, disable_validation=True, keep_style_tags=False
    ).transform()
    body = inlined.partition("<body>")[2].partition("</body>")[0]
    # libxml2 omits the end tag of an empty list item, which MRML rejects; nh3 writes every end tag.
    attributes = ATTRIBUTES | {"*": {"style"}}
    return nh3.clean(body, tags=TAGS, attributes=attributes, url_schemes=SCHEMES, link_rel=None).strip()


def _embed_as_link(match: re.Match[str]) -> str:
    """Return a link for a video or a post, nothing for a picture: expanding would ask the provider and create files."""
    attributes = extract_attrs(match.group(1))
    if attributes.get("embedtype") != "media" or not attributes.get("url"):
        return ""
    return format_html('<p><a href="{0}">{0}</a></p>', attributes["url"])


class _DepthMeter(HTMLParser):
    """Measures how deeply elements are nested in sanitised HTML, where every element but `br` is closed."""

    depth = deepest = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag != "br":
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, _tag: str) -> None:
        self.depth -= 1


def _depth(safe: str) -> int:
    meter = _DepthMeter()
    meter.feed(safe)
    return meter.deepest
