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
# What there is once in a mail, so that no part of it may have it: the elements around the parts, and those of the head.
WHOLE_MAIL = {"mjml", "mj-head", "mj-title", "mj-attributes", "mj-all", "mj-class", "mj-style", "mj-body"}


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


def find_forbidden(part: str) -> list[str]:
    """Return the MJML tags that a part of a mail (a card, a block, a column) may not have, no item twice.

    They are elements that are not ALLOWED or that make up the WHOLE_MAIL, and end tags ("</mj-section>") of elements
    that the part did not begin, which would end those around it.
    """
    finder = _Finder()
    finder.feed(part)
    return list(dict.fromkeys(finder.forbidden))


class _Finder(HTMLParser):
    """Collects unknown MJML tags and attributes, and the tags that no part of a mail may have; HTML is not checked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.forbidden: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._depth += tag.startswith("mj")
        written = (self.get_starttag_text() or "")[1 : len(tag) + 1]  # MRML knows no tag in upper case
        if written not in ALLOWED:
            self.found += [written] if tag.startswith("mj") else []
            self.forbidden += [written] if tag.startswith("mj") else []
            return
        self.forbidden += [tag] if tag in WHOLE_MAIL else []
        self.found += [f"{tag} {name}" for name, _value in attrs if name not in ALLOWED[tag]]

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag.startswith("mj")
        if self._depth < 0:
            self.forbidden.append(f"</{tag}>")
            self._depth = 0
