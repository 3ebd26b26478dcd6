"""Filters that lay out a plain-text mail: lines of 72 characters, underlined titles, single blank lines."""

from __future__ import annotations

import re
from textwrap import wrap

from django import template

from cms.values.hosts import with_readable_host

WIDTH = 72  # RFC 5322 recommends at most 78; quotation marks of replies still fit
_LEAD = re.compile(r"((?:> ?)*)( *)(- |[0-9]{1,3}\. )?")  # the start of a quotation, and of a list item

register = template.Library()


@register.filter
def wrapped(text: str) -> str:
    """Wrap each line on its own; lines with an address (→) and long words stay in one piece."""
    return "\n".join(_wrap_line(line) for line in text.splitlines())


@register.filter
def underlined(title: str, mark: str) -> str:
    """Wrap a title and underline it with the character `mark`, as wide as its longest line."""
    lines = _wrap_line(title)
    return f"{lines}\n{mark * max(map(len, lines.splitlines()), default=0)}"


@register.filter
def tidy(text: str) -> str:
    """Remove white space at the ends of lines, and merge consecutive blank lines."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _wrap_line(line: str) -> str:
    if line.startswith("→ "):
        return f"→ {with_readable_host(line[2:])}"
    quotes, before, mark = _LEAD.match(line).groups(default="")  # type: ignore[union-attr]  # it matches anything
    hanging = f"{quotes}{before}{' ' * len(mark)}"
    return "\n".join(wrap(line, WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False))
