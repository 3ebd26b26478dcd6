"""Filters that give a plain-text mail its shape: lines of 72 characters, ruled titles, single blank lines."""

from __future__ import annotations

import re
from textwrap import wrap

from django import template

from cms.values.hosts import with_readable_host

WIDTH = 72  # RFC 5322 asks for at most 78; two quotation marks still fit
_LEAD = re.compile(r"((?:> ?)*)( *)(- |[0-9]{1,3}\. )?")  # of a quotation, and of an item in a list

register = template.Library()


@register.filter
def wrapped(text: str) -> str:
    """Wrap each line on its own; lines that point to an address (→) and long words stay in one piece."""
    return "\n".join(_wrap_line(line) for line in text.splitlines())


@register.filter
def underlined(title: str, mark: str) -> str:
    """Wrap a title and put a rule of `mark` (one character) under it, as wide as its longest line."""
    lines = _wrap_line(title)
    return f"{lines}\n{mark * max(map(len, lines.splitlines()), default=0)}"


@register.filter
def tidy(text: str) -> str:
    """Drop white space at the ends of lines, and of blank lines in a row all but one."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _wrap_line(line: str) -> str:
    if line.startswith("→ "):
        return f"→ {with_readable_host(line[2:])}"
    quotes, before, mark = _LEAD.match(line).groups(default="")  # type: ignore[union-attr]  # it matches anything
    hanging = f"{quotes}{before}{' ' * len(mark)}"
    return "\n".join(wrap(line, WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False))
