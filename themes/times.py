"""When an activity is, in words of the active language and in its own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from cms.values.local_time import shown_time, zone_name

DAY = "l j F Y"


@dataclass(frozen=True, kw_only=True)
class Span:
    """The time from `starts_at` to `ends_at`, as the clocks in `zone` show it.

    The words name the zone if it is another one than `usual_zone`, which goes without saying.
    """

    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    usual_zone: str

    @property
    def local_start(self) -> datetime:
        """The start as a local time."""
        return self.starts_at.astimezone(self.zone)

    @property
    def local_end(self) -> datetime:
        """The end as a local time."""
        return self.ends_at.astimezone(self.zone)

    @property
    def zone_words(self) -> str:
        """The zone's name; empty if it goes without saying."""
        return "" if self.zone.key == self.usual_zone else zone_name(self.zone)

    @property
    def date(self) -> str:
        """The day on which it starts."""
        return date_format(self.local_start, DAY)

    @property
    def hours(self) -> str:
        """The hours of start and end, which a mail keeps on one line; empty if it ends on another day."""
        if self.local_start.date() != self.local_end.date():
            return ""
        start, end = _clock(self.local_start), _clock(self.local_end)
        return start if start == end else f"{start}–{end}"

    @property
    def words(self) -> str:
        """The day and the hours of start and end, with the day of the end if it is another day, and the zone."""
        if self.hours:
            words = f"{self.date}, {self.hours}"
        else:
            end = f"{date_format(self.local_end, DAY)}, {_clock(self.local_end)}"
            words = f"{self.date}, {_clock(self.local_start)} – {end}"
        return f"{words} ({self.zone_words})" if self.zone_words else words


def _clock(local: datetime) -> str:
    return shown_time(local, date_format(local, "H:i"))
