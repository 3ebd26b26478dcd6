"""A local time, which is not always exactly one moment: clocks go forward and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _


@dataclass(frozen=True, kw_only=True)
class LocalTime:
    """A time written without a zone, and the moments that it may mean in `zone`.

    Nearly always that is one moment. When the clocks go back and show the time twice, there are two. When the clocks
    go forward and skip the time, there are two as well, one before and one after the jump (the two readings of
    PEP 495).
    """

    written: datetime
    zone: ZoneInfo

    @property
    def moments(self) -> list[datetime]:
        """The moments that the time may mean, earliest first, in UTC."""
        both = {self.written.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return sorted(both)

    @property
    def comes_twice(self) -> bool:
        """Whether the clocks show this time twice that day."""
        return len(self.moments) == 2 and all(self._on_the_clock(moment) == self.written for moment in self.moments)

    @property
    def question(self) -> str:
        """The question to ask if the time is ambiguous; empty if it is one moment."""
        if len(self.moments) == 1:
            return ""
        text = (
            _("On %(day)s the clocks go back, so %(time)s occurs twice in %(zone)s. Which one do you mean?")
            if self.comes_twice
            else _("On %(day)s the clocks go forward, and there is no %(time)s in %(zone)s. Which time do you mean?")
        )
        return text % {
            "day": date_format(self.written, "DATE_FORMAT"),
            "time": time_format(self.written.time(), "TIME_FORMAT"),
            "zone": zone_name(self.zone),
        }

    def meant(self, chosen: str) -> datetime | None:
        """Return the moment that is meant, in UTC: the only one, or else the choice with this value."""
        moments = self.moments
        return next((moment for moment in moments if len(moments) == 1 or moment.isoformat() == chosen), None)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The moments as choices of a form: a value and a label for each."""
        labels = [self._label(moment) for moment in self.moments]
        if self.comes_twice:
            labels = [
                _("%(time)s, the first time") % {"time": labels[0]},
                _("%(time)s, the second time") % {"time": labels[1]},
            ]
        return [(moment.isoformat(), label) for moment, label in zip(self.moments, labels, strict=True)]

    def _on_the_clock(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def _label(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        offset = f"{local:%z}"
        return f"{time_format(local.time(), 'TIME_FORMAT')} {local:%Z} (UTC{offset[:3]}:{offset[3:]})"


def zone_name(zone: ZoneInfo) -> str:
    """Return the zone's name in a readable form."""
    return zone.key.replace("_", " ")


def shown_time(local: datetime, text: str) -> str:
    """Return `text`, which shows a local time, with the zone's abbreviation if that time occurs twice that day."""
    zone = local.tzinfo
    written = local.replace(tzinfo=None, fold=0)
    comes_twice = isinstance(zone, ZoneInfo) and LocalTime(written=written, zone=zone).comes_twice
    return f"{text} {local:%Z}" if comes_twice else text


def in_words(moment: datetime, *, zone: ZoneInfo) -> str:
    """Return a moment as local time with the zone, and the abbreviation if that time occurs twice that day."""
    local = moment.astimezone(zone)
    return f"{shown_time(local, date_format(local, 'DATETIME_FORMAT'))} ({zone_name(zone)})"
