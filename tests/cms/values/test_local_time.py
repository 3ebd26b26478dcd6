"""Times on the clocks of a place: on two days a year one of them does not exist, and one comes twice."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from cms.values.local_time import LocalTime, in_words

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(written: str, zone: ZoneInfo = AMSTERDAM) -> LocalTime:
    return LocalTime(written=datetime.fromisoformat(written), zone=zone)


def test_on_a_common_day_a_time_is_one_moment() -> None:
    assert [f"{moment:%H:%M}" for moment in at("2026-06-01T09:00").moments] == ["07:00"]
    assert at("2026-06-01T09:00").question == ""


def test_a_time_that_comes_twice_is_asked_about() -> None:
    twice = at("2026-10-25T02:30")
    assert [label for _value, label in twice.choices] == [
        "2:30 a.m. CEST (UTC+02:00), the first time",
        "2:30 a.m. CET (UTC+01:00), the second time",
    ]
    assert [value for value, _label in twice.choices] == ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"]
    assert "occurs twice in Europe/Amsterdam" in twice.question


def test_a_time_that_the_clocks_leave_out_is_asked_about() -> None:
    never = at("2027-03-28T02:30")
    assert [label for _value, label in never.choices] == ["1:30 a.m. CET (UTC+01:00)", "3:30 a.m. CEST (UTC+02:00)"]
    assert "there is no 2:30 a.m. in Europe/Amsterdam" in never.question


def test_a_place_that_moves_its_clocks_by_half_an_hour_is_understood() -> None:
    twice = at("2027-04-04T01:45", ZoneInfo("Australia/Lord_Howe"))
    assert twice.comes_twice
    assert (twice.moments[1] - twice.moments[0]).total_seconds() == 1800


@pytest.mark.parametrize(
    ("written", "starts"),
    [("2026-10-25T02:30", "Op 25 oktober 2026"), ("2027-03-28T02:30", "Op 28 maart 2027")],
)
def test_staff_read_it_in_their_language(written: str, starts: str) -> None:
    with translation.override("nl"):
        assert at(written).question.startswith(starts)


def test_a_moment_is_told_on_the_clocks_of_its_zone() -> None:
    moment = at("2026-06-01T09:00").moments[0]
    assert in_words(moment, zone=ZoneInfo("America/New_York")) == "June 1, 2026, 3 a.m. (America/New York)"
    first, second = at("2026-10-25T02:30").moments
    assert in_words(first, zone=AMSTERDAM) == "Oct. 25, 2026, 2:30 a.m. CEST (Europe/Amsterdam)"
    assert in_words(second, zone=AMSTERDAM) == "Oct. 25, 2026, 2:30 a.m. CET (Europe/Amsterdam)"
