"""When a newsletter may send: hours of the day and days of the week, in its time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletters.models import Newsletter

DAY = timedelta(days=1)


def next_open(newsletter: Newsletter, *, now: datetime) -> datetime:
    """Return `now` if the newsletter may send now, else the moment from which it may.

    A window belongs to the day on which it begins, even if it ends on the next. When clocks change, a time that is
    skipped counts as the end of the gap, and a time that occurs twice as its first occurrence.
    """
    if not (newsletter.send_from or newsletter.send_until or newsletter.send_on):
        return now
    today = now.astimezone(newsletter.zone).date()
    for number in range(-1, 9):
        begin, end = _window(newsletter, today + number * DAY)
        if begin is not None and now < end:
            return max(begin, now)
    raise AssertionError("some day of each week is open")


def _window(newsletter: Newsletter, day: date) -> tuple[datetime | None, datetime]:
    """Return beginning and end of the window that begins on this day; None as its beginning if none does."""
    begin, end = newsletter.send_from or time.min, newsletter.send_until or time.min
    ends_on = day if end > begin else day + DAY
    is_open = not newsletter.send_on or str(day.isoweekday()) in newsletter.send_on
    closes_at = moment(ends_on, end, zone=newsletter.zone)
    return (moment(day, begin, zone=newsletter.zone) if is_open else None), closes_at


def moment(day: date, clock: time, *, zone: ZoneInfo) -> datetime:
    """Return the first moment, in UTC, at which clocks show this time of this day, or a later one."""
    local = datetime.combine(day, clock)
    while (shown := local.replace(tzinfo=zone).astimezone(UTC)).astimezone(zone).replace(tzinfo=None) != local:
        local += timedelta(minutes=1)
    return shown
