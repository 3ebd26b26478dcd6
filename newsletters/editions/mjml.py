"""The one seam to the MJML compiler; another compiler would replace this module."""

from __future__ import annotations

from html.parser import HTMLParser

import mjml

from newsletters.editions.words.characters import put_back, stand_in
from newsletters.editions.words.safety import require_compilable
from newsletters.exceptions import IssueProblem

# What our templates and those of story cards may use: MRML passes anything else through silently. All of this looks
# the same when the official compiler compiles it; tests/acceptance/test_mail_judges.py compares the two.
COMMON = {"mj-class", "css-class"}
BOX = {"padding", "padding-top", "padding-right", "padding-bottom", "padding-left"}
TYPE = {"align", "color", "font-family", "font-size", "font-weight", "line-height", "letter-spacing"}
GROUND = {"background-color", "border", "border-top", "border-bottom", "border-left", "border-right", "border-radius"}
ALLOWED: dict[str, set[str]] = {
    "mjml": {"lang", "dir"},
    "mj-head": set(),
    "mj-title": set(),
    "mj-attributes": set(),
    "mj-all": {"font-family"},
    "mj-class": {"name", "css-class", "background-color", "color"} | BOX,
    "mj-style": set(),
    "mj-raw": set(),
    "mj-body": {"background-color", "css-class", "width"},
    "mj-wrapper": COMMON | BOX | GROUND,
    "mj-section": COMMON | BOX | GROUND | {"direction", "text-align"},
    "mj-group": COMMON | {"direction", "width"},
    "mj-column": COMMON | BOX | GROUND | {"direction", "width", "vertical-align"},
    "mj-text": COMMON | BOX | TYPE,
    "mj-button": COMMON | BOX | TYPE | GROUND | {"href", "inner-padding", "width"},
    "mj-divider": COMMON | BOX | {"align", "border-color", "border-width", "width"},
    "mj-spacer": COMMON | BOX | {"height"},
    "mj-image": COMMON | BOX | {"alt", "border-radius", "height", "href", "src", "width"},
}


def to_html(source: str) -> str:
    """Return the HTML for an MJML document; raise IssueProblem if it is not well-formed.

    No web fonts are linked: a mail loads files from our own hosts only. Adjacent comments for Outlook are joined, as
    the official compiler does, which saves some kilobytes.
    """
    require_compilable(source)
    safe, stand_ins = stand_in(source)
    try:
        compiled = mjml.mjml2html(safe, fonts={}).replace("<![endif]--><!--[if mso | IE]>", "")
    except ValueError as error:
        raise IssueProblem(f"MJML: {error}") from error
    return put_back(compiled, stand_ins)


def find_unknown(source: str) -> list[str]:
    """Return what an MJML document uses and is not ALLOWED ("mj-hero", "mj-text colour"), no item twice."""
    finder = _Finder()
    finder.feed(source)
    return list(dict.fromkeys(finder.found))


class _Finder(HTMLParser):
    """Collects unknown MJML tags and attributes; HTML tags are not checked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.found += [tag] if tag.startswith("mj") else []
            return
        self.found += [f"{tag} {name}" for name, _value in attrs if name not in ALLOWED[tag]]
