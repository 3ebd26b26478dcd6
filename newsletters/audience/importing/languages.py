"""Languages as people write them in lists: a code, or a name in English, in Dutch or in the language itself."""

from __future__ import annotations

from collections.abc import Collection

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext, override

from newsletters.audience.importing.names import plain


def language_codes(offered: Collection[str]) -> dict[str, str]:
    """Return the code for each way to write an offered language, as `names.plain` makes it."""
    codes: dict[str, str] = {}
    for code in offered:
        for written in _written(code):
            codes.setdefault(plain(written), code)
    return codes


def _written(code: str) -> list[str]:
    known = LANG_INFO.get(code) or LANG_INFO.get(code.partition("-")[0]) or {}
    written = [code, code.partition("-")[0]]
    if "name" in known:
        with override("nl"):
            written += [known["name"], known["name_local"], gettext(known["name"])]
    return written
