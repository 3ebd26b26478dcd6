"""What story cards say of pages, in words of the active language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone, translation

from cms.plugins.registry import card_for


def facts(page: Any, *, language: str = "en", zone: str = "Europe/Amsterdam") -> dict[str, Any]:
    card = card_for(page)
    assert card is not None
    with translation.override(language), timezone.override(zone):
        return dict(card.facts(page))


def test_an_activity_says_when_and_where(activity: Any) -> None:
    assert facts(activity) == {
        "starts_at": "2026-12-03T14:00:00+01:00",
        "date": "Thursday 3 December 2026",
        "day": "3",
        "month": "Dec",
        "when": "Thursday 3 December 2026, 14:00–16:00",
        "hours": "14:00–16:00",
        "zone": "",
        "place": "Utrecht",
        "is_online": False,
        "is_full": False,
    }


def test_an_activity_speaks_the_readers_language(activity: Any) -> None:
    assert facts(activity, language="nl")["when"] == "donderdag 3 december 2026, 14:00–16:00"
    assert facts(activity, language="nl")["day"] == "3"


def test_an_activity_names_its_time_zone_if_it_is_not_the_mails(activity: Any) -> None:
    there = facts(activity, zone="Africa/Kampala")
    assert there["starts_at"] == "2026-12-03T14:00:00+01:00"
    assert there["when"] == "Thursday 3 December 2026, 14:00–16:00 (Europe/Amsterdam)"
    assert there["zone"] == "Europe/Amsterdam"


def test_an_activity_says_that_it_is_full(activity: Any) -> None:
    activity.is_full, activity.registration_url = True, "https://example.org/register"
    activity.starts_at = activity.ends_at = timezone.now() + timedelta(days=1)
    assert facts(activity)["is_full"]
    card = card_for(activity)
    assert card is not None
    assert card.link_text(activity) == "See the programme"


def test_an_activity_of_several_days_names_both(activity: Any) -> None:
    activity.ends_at += timedelta(days=1)
    assert facts(activity)["when"] == "Thursday 3 December 2026, 14:00 – Friday 4 December 2026, 16:00"
    assert facts(activity)["hours"] == ""


def test_an_item_says_its_kind_and_year(item: Any) -> None:
    assert facts(item) == {"kind": "Publication", "year": 2020, "page_count": 0}


def test_a_person_says_the_function(person: Any) -> None:
    assert facts(person) == {"function": "Facilitator"}


def test_pages_that_are_no_stories_have_no_card(home_en: Any, archive: Any) -> None:
    assert card_for(home_en) is None
    assert card_for(archive) is None
