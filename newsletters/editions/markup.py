"""What a plugin's templates may bring into a mail: whole MJML; no scripts, no style sheets, no foreign pictures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Comment, Tag

from newsletters.editions.mjml import find_forbidden, to_html
from newsletters.editions.words.safety import is_visible, printable
from newsletters.exceptions import IssueProblem

HEAD_TAGS = frozenset(
    {"mj-all", "mj-attributes", "mj-breakpoint", "mj-class", "mj-font", "mj-head", "mj-html-attributes", "mj-preview"}
    | {"mj-style", "mj-title"}
)
UNSAFE_TAGS = HEAD_TAGS | frozenset(
    {"applet", "audio", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link", "meta"}
    | {"object", "script", "select", "style", "svg", "textarea", "video"}
)
PICTURES = ("background", "background-url", "src", "srcset")
SCHEMES = frozenset({"", "http", "https", "mailto", "sms", "tel"})
NO_CSS = frozenset({"alt", "aria-label", "href", "name", "src", "title"})  # all other attributes of MJML may become CSS
# Markup is parsed only if this matches. Ours does not match; the hosts of its pictures are checked separately.
PERHAPS_UNSAFE = re.compile(
    rf"<\s*(?:{'|'.join(sorted(UNSAFE_TAGS))})\b|[\s/\"']on\w+\s*=|\b(?:java|vb)script\s*:|\bdata\s*:|\bsrcset\s*="
    r"|&(?!(?:amp|gt|lt|nbsp|quot);)|\\|/\*|@import|expression\(|image-set\(|url\(|<!--\s*\[if",
    re.IGNORECASE,
)
PICTURE = re.compile(rf"\b(?:{'|'.join(PICTURES)})\s*=\s*[\"']?\s*([^\"'\s>]*)", re.IGNORECASE)
TAG_OR_COMMENT = re.compile(r"""<!--.*?-->|<(?>[^<>"']|"[^"]*"|'[^']*')*+>""", re.DOTALL)
CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.DOTALL | re.IGNORECASE)
CSS_URL = re.compile(r"url\(\s*[\"']?\s*([^\"')\s]*)", re.IGNORECASE)
FOREIGN_CSS = re.compile(r"@import|expression\(|image-set\(|javascript:", re.IGNORECASE)
START_OF_TITLE = 8  # characters: a card may cut off the rest


@dataclass(frozen=True, kw_only=True)
class _OurHosts:
    """The hosts (with their ports) that pictures may come from, and what relative addresses are relative to, if any."""

    names: frozenset[str]
    base_url: str = ""

    def have(self, url: str) -> bool:
        try:
            parts = urlsplit(urljoin(self.base_url, url.strip()))
        except ValueError:
            return False
        return parts.scheme in {"http", "https"} and parts.netloc in self.names


@lru_cache(maxsize=1024)
def require_well_formed(markup: str, *, is_column: bool = False) -> None:
    """Raise IssueProblem if this part of a mail (sections, or one column of a section) could break the whole mail."""
    part = f"<mj-section>{printable(markup)}</mj-section>" if is_column else printable(markup)
    to_html(f"<mjml><mj-body>{part}</mj-body></mjml>")


@lru_cache(maxsize=1024)
def require_known(markup: str) -> None:
    """Raise IssueProblem if a part of a mail has elements that are unknown or only for a whole mail."""
    if forbidden := find_forbidden(markup):
        raise IssueProblem(f"MJML: no part of a mail may contain {', '.join(forbidden)}")


@lru_cache(maxsize=1024)
def without_unsafe(markup: str, *, hosts: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Return the markup without what no mail may contain, and what was removed ("<script>", "onclick="), no item twice.

    Pictures may come only from `hosts` (with their ports).
    """
    ours = _OurHosts(names=hosts)
    if not PERHAPS_UNSAFE.search(markup) and all(ours.have(url) for url in PICTURE.findall(markup)):
        return markup, ()
    soup = BeautifulSoup(markup, "html.parser")
    found = _clean(soup, ours)
    return (str(soup), found) if found else (markup, ())


@lru_cache(maxsize=1024)
def unsafe_in_page(html: str, *, hosts: frozenset[str], base_url: str) -> tuple[str, ...]:
    """Return what no mail may contain in the HTML of a template that pages share, where addresses may be relative.

    Icons are harmless, and rich text as it is stored has elements `embed`, which are expanded later.
    """
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.find_all(["embed", "svg"]):
        if tag.name == "svg" or tag.get("embedtype"):
            tag.unwrap()
    return _clean(soup, _OurHosts(names=hosts, base_url=base_url))


def _clean(soup: BeautifulSoup, ours: _OurHosts) -> tuple[str, ...]:
    """Remove from the soup what is unsafe; return what was removed, no item twice."""
    found = [removed for tag in soup.find_all(name=True) for removed in _remove_unsafe(tag, ours)]
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment) and "[if" in text):
        # Outlook reads what is in a conditional comment.
        if removed := without_unsafe(comment.partition(">")[2], hosts=ours.names)[1]:
            comment.extract()
            found += removed
    return tuple(dict.fromkeys(found))


def _remove_unsafe(tag: Tag, ours: _OurHosts) -> list[str]:
    """Remove what is unsafe from a tag, or the tag itself; return what was removed."""
    if tag.decomposed:
        return []
    if tag.name.lower() in UNSAFE_TAGS:
        name = tag.name
        tag.decompose()
        return [f"<{name}>"]
    found = []
    for name in list(tag.attrs):
        if what := _fault_of(tag, name.lower(), str(tag.attrs[name]), ours):
            del tag.attrs[name]
            found.append(what)
    if not tag.get("src") and tag.name.lower() in {"img", "mj-image"}:
        tag.decompose()
    return found


def _fault_of(tag: Tag, name: str, value: str, ours: _OurHosts) -> str:
    if name.startswith("on"):
        return f"{name}="
    if name in PICTURES and not all(ours.have(url) for url in (value.split(",") if name == "srcset" else [value])):
        return f"{name}={value}"
    if name in {"href", "action", "formaction"} and _scheme(value) not in SCHEMES:
        return f"{name}={value}"
    may_be_css = name == "style" or (tag.name.lower().startswith("mj-") and name not in NO_CSS)
    foreign = _foreign_css(value, ours) if may_be_css else ""
    return foreign and f"{name} with {foreign}"


def _foreign_css(css: str, ours: _OurHosts) -> str:
    """Return what in this CSS loads or runs something that is not ours ("url()"), empty if nothing does.

    It is read with and without its comments: their marks are just characters within a string.
    """
    for text in (css, CSS_COMMENT.sub("", css)):
        plain = CSS_ESCAPE.sub(_unescaped, text)
        if not all(ours.have(url) for url in CSS_URL.findall(plain)):
            return "url()"
        if found := FOREIGN_CSS.search(plain):
            return found[0].lower().replace("(", "()")
    return ""


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2].strip("\n\r\f")
    code = int(found[1], 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _scheme(url: str) -> str:
    found = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\s\x00-\x1f]+", "", url), re.IGNORECASE)
    return found[1].lower() if found else ""


@lru_cache(maxsize=1024)
def words_in(markup: str) -> str:
    """Return the text in markup, without its elements and comments."""
    return unescape(TAG_OR_COMMENT.sub("", markup))


def shows_title(text: str, title: str) -> bool:
    """Say whether the text shows the title, its beginning or its words in another order.

    Upper case, accents, white space, punctuation, soft hyphens and escaping make no difference.
    """
    if title in text:
        return True
    counts = str.isalnum if any(map(str.isalnum, title)) else is_visible
    shown = f"{_key(text, counts)} {_key(unescape(text), counts)}"
    return _key(title, counts)[:START_OF_TITLE] in shown or all(_key(word, counts) in shown for word in title.split())


def _key(text: str, counts: Callable[[str], bool]) -> str:
    return "".join(filter(counts, unicodedata.normalize("NFKD", text).casefold()))
