"""The time zones from which editors choose, for fields that hold the name of one."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils import timezone


def time_zone_choices() -> list[tuple[str, str]]:
    """Return the time zones of the tz database that name a place, as they are stored and shown."""
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


def default_time_zone() -> str:
    """Return the project's own time zone."""
    return timezone.get_default_timezone_name()


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone with this name, or the project's own if this machine knows no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(default_time_zone())
