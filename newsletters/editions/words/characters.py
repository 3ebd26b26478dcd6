"""Carry characters through the MJML compiler: MRML writes some of them into attributes in its debug notation.

A combining mark in a text alternative came out as "\\u{301}", a backslash was doubled, a line break became "\\n". So
the compiler gets ASCII stand-ins, which are replaced by the characters in its output.
"""

from __future__ import annotations

import re
from itertools import count

_AT_RISK = re.compile(r"[^\x00-\x5b\x5d-\x7f]")  # whatever is not ASCII, and the backslash
_BREAK = re.compile(r"[\n\r\t]")  # at risk in an attribute only
_TAG = re.compile(r"""<[a-zA-Z](?>[^<>"']|"[^"]*"|'[^']*')*+>""")
_VALUE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)')""")
_TITLE = re.compile(r"(?<=<mj-title>)[^<]*(?=</mj-title>)")  # becomes an attribute too


def stand_in(source: str) -> tuple[str, re.Pattern[str]]:
    """Return MJML in which ASCII stand-ins replace the characters at risk, and a pattern that finds the stand-ins."""
    prefix = next(mark for number in count() if (mark := f"U{number}x") not in source)

    def written(found: re.Match[str]) -> str:
        return f"{prefix}{ord(found[0]):x}_"

    def attribute(words: str) -> str:
        return _BREAK.sub(written, words).replace('"', "&quot;")

    def tag(found: re.Match[str]) -> str:
        return _VALUE.sub(lambda value: f'="{attribute(value[1] or value[2] or "")}"', found[0])

    safe = _TITLE.sub(lambda title: attribute(title[0]), _TAG.sub(tag, source))
    return _AT_RISK.sub(written, safe), re.compile(rf"{prefix}([0-9a-f]+)_")


def put_back(html: str, stand_ins: re.Pattern[str]) -> str:
    """Return the compiled mail with its original characters."""
    return stand_ins.sub(lambda found: chr(int(found[1], 16)), html)
