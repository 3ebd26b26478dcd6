"""What text by staff must not bring into a mail, whatever its field: unprintable characters, too much size or depth."""

from __future__ import annotations

import re
import unicodedata

from newsletters.exceptions import MailTooDeep

MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 100  # MRML crashes the process on deep nesting: from about 300 levels in small thread stacks
KEPT = frozenset("\n\r\t")
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^<>]*?(/?)>")
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


def printable(text: str) -> str:
    """Return the text without control characters, surrogates and Unicode's noncharacters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c for c in text if c in KEPT or (unicodedata.category(c) not in {"Cc", "Cs"} and not _is_noncharacter(c))
    )


def is_visible(text: str) -> bool:
    """Say whether a reader sees any of this text: white space and invisible characters do not count."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _is_noncharacter(character: str) -> bool:
    """Say whether this is one of the 66 noncharacters, which XML does not allow."""
    code = ord(character)
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def require_compilable(source: str) -> None:
    """Raise MailTooDeep if an MJML document is too large or too deeply nested for a compiler."""
    if len(source) > MOST_CHARACTERS:
        raise MailTooDeep
    depth = 0
    for end, name, closed in TAG.findall(source):
        if name.lower() in VOID or closed:
            continue
        depth += -1 if end else 1
        if depth > MOST_DEPTH:
            raise MailTooDeep
