"""What a newsletter's card says about an activity besides its title and teaser, and the texts of cards' links."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from cms.values.local_time import shown_time

if TYPE_CHECKING:
    from themes.models import ActivityPage, ArticlePage, ThemePage

DAY = "l j F Y"


def activity_facts(page: ActivityPage) -> dict[str, str | bool]:
    """Return when and where the activity is, in the current time zone and the active language."""
    starts_at, ends_at = localtime(page.starts_at), localtime(page.ends_at)
    return {
        "starts_at": starts_at.isoformat(),
        "date": date_format(starts_at, DAY),
        "day": str(starts_at.day),
        "month": date_format(starts_at, "M"),
        "when": _in_words(starts_at, ends_at),
        "hours": _hours(starts_at, ends_at),
        "place": page.place,
        "is_online": page.is_online,
    }


def _in_words(starts_at: datetime, ends_at: datetime) -> str:
    """Return the day and the hours of start and end, with the day of the end if it is another day."""
    if hours := _hours(starts_at, ends_at):
        return f"{date_format(starts_at, DAY)}, {hours}"
    return f"{date_format(starts_at, DAY)}, {_clock(starts_at)} – {date_format(ends_at, DAY)}, {_clock(ends_at)}"


def _hours(starts_at: datetime, ends_at: datetime) -> str:
    """Return the hours of start and end, which a mail keeps on one line; empty if it ends on another day."""
    if starts_at.date() != ends_at.date():
        return ""
    start, end = _clock(starts_at), _clock(ends_at)
    return start if start == end else f"{start}–{end}"


def _clock(local: datetime) -> str:
    return shown_time(local, date_format(local, "H:i"))


def activity_place(page: ActivityPage) -> str:
    """Return where the activity is, in the active language; empty if the page does not say."""
    if page.place and page.is_online:
        return _("%(place)s and online") % {"place": page.place}
    return _("Online") if page.is_online else page.place


def activity_link(page: ActivityPage) -> str:
    """Return the text of the link to an activity, in the active language; its page says how to register."""
    return _("See the programme and register") if page.registration_url else _("See the programme")


def article_link(_page: ArticlePage) -> str:
    """Return the text of the link to an article, in the active language."""
    return _("Read the article")


def theme_link(_page: ThemePage) -> str:
    """Return the text of the link to a theme's page, in the active language."""
    return _("See what we do on this theme")
