"""Parts of a page or a mail that must be there: each is returned, or the test fails and says what is missing."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Literal

from bs4 import Tag


def element(within: Tag, selector: str) -> Tag:
    """Return the first element that the CSS selector finds."""
    found = within.select_one(selector)
    assert found is not None, f"no {selector} in {str(within)[:500]}"
    return found


def attribute(tag: Tag, name: str) -> str:
    """Return the value of an attribute that holds one string, as most do; `class` is a list."""
    value = tag.get(name)
    assert isinstance(value, str), f"{name} is {value!r} in {str(tag)[:500]}"
    return value


def body_part(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    """Return the text of the mail's body of this kind."""
    part = message.get_body((kind,))
    assert part is not None, f"no body in {kind}"
    return str(part.get_content())
