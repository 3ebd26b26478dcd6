"""Dates and times as programs and people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from django.utils.translation import gettext as _

_TIME = r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
_OFFSET = r"\s*(?P<offset>Z|UTC|[+-]\d{2}:?\d{2})?(?:\s+(?:[A-Z]{2,5}|[+-]\d{2}(?:\d{2})?))?"  # Go adds the zone's name
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}}){_TIME}{_OFFSET}")
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[-./])(?P<second_part>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}){_TIME}"
)


FIRST_YEAR = 1970  # what programs write for "no date" is older


class UnclearDate(ValueError):
    """The text is no date, or can be two different dates; its message is for people."""


def read_day(text: str, *, is_month_first: bool) -> date:
    """Return the day that is meant, however long ago; raise UnclearDate if that is not certain."""
    return read_moment(text, zone=UTC, is_month_first=is_month_first, first_year=1).date()


def read_moment(text: str, *, zone: tzinfo, is_month_first: bool, first_year: int = FIRST_YEAR) -> datetime:
    """Return the moment that is meant; raise UnclearDate if that is not certain.

    ISO 8601 with or without a time, the Dutch 31-12-2024 and 31.12.2024, and with slashes what can be only one date,
    unless the writer is known to put the month first. A text without an offset is meant in `zone`.
    """
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        return _moment(
            found,
            month=int(found["month"]),
            day=int(found["day"]),
            zone=_zone(found["offset"], zone=zone),
            first_year=first_year,
        )
    if found := _YEAR_LAST.fullmatch(text):
        first, second = int(found["first"]), int(found["second_part"])
        if found["mark"] != "/":
            return _moment(found, month=second, day=first, zone=zone, first_year=first_year)
        if is_month_first:
            return _moment(found, month=first, day=second, zone=zone, first_year=first_year)
        if first <= 12 and second <= 12 and first != second:
            raise UnclearDate(_("“%(date)s” can be two dates. Write the year first: 2024-12-31.") % {"date": text[:40]})
        return _moment(found, month=min(first, second), day=max(first, second), zone=zone, first_year=first_year)
    raise _no_date(text)


def _moment(found: re.Match[str], *, month: int, day: int, zone: tzinfo, first_year: int) -> datetime:
    hour, minute = int(found["hour"] or 0), int(found["minute"] or 0)
    if int(found["year"]) < first_year:
        raise _no_date(found[0])
    try:
        return datetime(int(found["year"]), month, day, hour, minute, int(found["second"] or 0), tzinfo=zone)
    except ValueError as error:
        raise _no_date(found[0]) from error


def _zone(offset: str | None, *, zone: tzinfo) -> tzinfo:
    if not offset:
        return zone
    if offset in {"Z", "UTC"}:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    if minutes >= 24 * 60:
        raise _no_date(offset)
    return timezone(timedelta(minutes=-minutes if offset.startswith("-") else minutes))


def _no_date(text: str) -> UnclearDate:
    return UnclearDate(_("“%(date)s” is not a date that we know. Write 2024-12-31.") % {"date": text[:40]})
