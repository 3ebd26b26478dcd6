"""What no text of staff may bring into a mail, whatever field it stands in: unprintable characters, size, depth."""

from __future__ import annotations

import re
import unicodedata

from newsletters.exceptions import MailTooDeep

MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 100  # MRML crashes the process on deep nesting: in small thread stacks from about 300
KEPT = frozenset("\n\r\t")
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^<>]*?(/?)>")
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


def printable(text: str) -> str:
    """Return the text without control characters, half characters (surrogates) and what Unicode keeps free."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in KEPT or (unicodedata.category(c) not in {"Cc", "Cs"} and not _is_free(c)))


def is_visible(text: str) -> bool:
    """Say whether a reader sees anything of it: white space and invisible characters alone are no words."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _is_free(character: str) -> bool:
    """Say whether it is one of the 66 noncharacters, which XML does not allow."""
    code = ord(character)
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def require_compilable(source: str) -> None:
    """Raise MailTooDeep if a compiler could stumble over an MJML document because of its size or its nesting."""
    if len(source) > MOST_CHARACTERS:
        raise MailTooDeep
    depth = 0
    for end, name, closed in TAG.findall(source):
        if name.lower() in VOID or closed:
            continue
        depth += -1 if end else 1
        if depth > MOST_DEPTH:
            raise MailTooDeep
