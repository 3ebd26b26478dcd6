"""What a newsletter's card says about an activity besides its title and teaser, and the texts of cards' links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from themes.times import Span

if TYPE_CHECKING:
    from themes.models import ActivityPage, ArticlePage, ThemePage


def activity_facts(page: ActivityPage) -> dict[str, str | bool]:
    """Return when and where the activity is and whether one can register, in the active language.

    The times are local times of the activity's zone, which is named if it is not the current time zone: the mail's.
    """
    usual = timezone.get_current_timezone_name()
    span = Span(starts_at=page.starts_at, ends_at=page.ends_at, zone=page.zone, usual_zone=usual)
    return {
        "starts_at": span.local_start.isoformat(),
        "date": span.date,
        "day": str(span.local_start.day),
        "month": date_format(span.local_start, "M"),
        "when": span.words,
        "hours": span.hours,
        "zone": span.zone_words,
        "place": page.place,
        "is_online": page.is_online,
        "is_full": page.registration_at(timezone.now()) is page.Registration.FULL,
    }


def activity_place(page: ActivityPage) -> str:
    """Return where the activity is, with the address, in the active language; empty if the page does not say."""
    place = ", ".join(filter(None, (page.place, *page.address.splitlines())))
    if place and page.is_online:
        return _("%(place)s and online") % {"place": place}
    return _("Online") if page.is_online else place


def activity_link(page: ActivityPage) -> str:
    """Return the text of the link to an activity, in the active language; its page says how to register."""
    state = page.registration_at(timezone.now())
    return _("See the programme and register") if state is page.Registration.OPEN else _("See the programme")


def article_link(_page: ArticlePage) -> str:
    """Return the text of the link to an article, in the active language."""
    return _("Read the article")


def theme_link(_page: ThemePage) -> str:
    """Return the text of the link to a theme's page, in the active language."""
    return _("See what we do on this theme")
