"""How texts, numbers and dates of spreadsheets are written as text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_START, _START_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet's times have no zone

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def written_text(text: str) -> str:
    """Return a text of an XLSX file without its escapes for characters that XML cannot hold (ECMA-376 22.9.2.19)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def written_number(text: str) -> str:
    """Return a number as people write it: 5 and not 5.0."""
    if text.isdigit():
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.15g}"


def written_date(days: str, *, is_1904: bool) -> str:
    """Return the ISO form of a date that is a number of days since the workbook's epoch (ECMA-376 18.17.4.1)."""
    try:
        moment = (_START_1904 if is_1904 else _START) + timedelta(seconds=round(float(days) * 86_400))
    except (ValueError, OverflowError):
        return days
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")
