"""What a plugin's templates may bring into a mail: well-formed MJML, nothing executable, no pictures from elsewhere."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from newsletters.editions.mjml import to_html
from newsletters.editions.words.safety import printable

UNSAFE_TAGS = frozenset(
    {"applet", "audio", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link", "meta"}
    | {"object", "script", "select", "svg", "textarea", "video"}
)
PICTURES = ("background", "background-url", "src", "srcset")
SCHEMES = frozenset({"", "http", "https", "mailto", "sms", "tel"})
# Markup is parsed only if this matches. Ours does not match; the hosts of its pictures are checked separately.
PERHAPS_UNSAFE = re.compile(
    rf"<\s*(?:{'|'.join(sorted(UNSAFE_TAGS))})\b|\son\w+\s*=|\b(?:java|vb)script\s*:|\bdata\s*:|&#|url\(", re.IGNORECASE
)
PICTURE = re.compile(rf"\b(?:{'|'.join(PICTURES)})\s*=\s*[\"']?\s*([^\"'\s>]*)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def require_well_formed(markup: str, *, is_column: bool = False) -> None:
    """Raise IssueProblem if this part of a mail (sections, or one column of a section) could break the whole mail."""
    part = f"<mj-section>{printable(markup)}</mj-section>" if is_column else printable(markup)
    to_html(f"<mjml><mj-body>{part}</mj-body></mjml>")


@lru_cache(maxsize=1024)
def without_unsafe(markup: str, *, hosts: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Return the markup without what no mail may contain, and what was removed ("<script>", "onclick="), no item twice.

    Pictures may come only from `hosts` (with their ports).
    """
    if not PERHAPS_UNSAFE.search(markup) and all(_is_own(url, hosts) for url in PICTURE.findall(markup)):
        return markup, ()
    soup = BeautifulSoup(markup, "html.parser")
    found = [removed for tag in soup.find_all(name=True) for removed in _remove_unsafe(tag, hosts)]
    return (str(soup), tuple(dict.fromkeys(found))) if found else (markup, ())


def _remove_unsafe(tag: Tag, hosts: frozenset[str]) -> list[str]:
    """Remove what is unsafe from a tag, or the tag itself; return what was removed."""
    if tag.decomposed:
        return []
    if tag.name.lower() in UNSAFE_TAGS:
        name = tag.name
        tag.decompose()
        return [f"<{name}>"]
    found = []
    for name in list(tag.attrs):
        if what := _fault_of(name.lower(), str(tag.attrs[name]), hosts):
            del tag.attrs[name]
            found.append(what)
    if not tag.get("src") and tag.name.lower() in {"img", "mj-image"}:
        tag.decompose()
    return found


def _fault_of(name: str, value: str, hosts: frozenset[str]) -> str:
    if name.startswith("on"):
        return f"{name}="
    if name in PICTURES and not _is_own(value, hosts):
        return f"{name}={value}"
    if name in {"href", "action", "formaction"} and _scheme(value) not in SCHEMES:
        return f"{name}={value}"
    if name == "style" and re.search(r"url\(|expression\(|@import", value, re.IGNORECASE):
        return "style with url()"
    return ""


def _scheme(url: str) -> str:
    return re.sub(r"[\s\x00-\x1f]+", "", url).partition(":")[0].lower() if ":" in url else ""


def _is_own(url: str, hosts: frozenset[str]) -> bool:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc in hosts
