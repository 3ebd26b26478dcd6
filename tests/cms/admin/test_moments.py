"""A time in the hour that the clocks repeat or skip: the admin's forms ask which time is meant, and keep the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.forms import Form
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import Page

from cms.admin.moments import MomentField
from tests.newsletters.filling_in import fields_of
from themes.cards import activity_facts
from themes.models import ActivityPage

pytestmark = pytest.mark.django_db

FIRST, SECOND = "2036-10-26T00:30:00+00:00", "2036-10-26T01:30:00+00:00"
BEFORE, AFTER = "2036-03-30T00:30:00+00:00", "2036-03-30T01:30:00+00:00"


class When(Form):
    at = MomentField()


def when(written: str, chosen: str = "") -> When:
    return When({"at": written, "at-moment": chosen})


@pytest.mark.parametrize(("chosen", "hour"), [(FIRST, 0), (SECOND, 1)])
def test_a_time_that_comes_twice_is_the_one_that_was_chosen(chosen: str, hour: int) -> None:
    form = when("2036-10-26 02:30", chosen)
    assert form.is_valid()
    assert form.cleaned_data["at"] == datetime(2036, 10, 26, hour, 30, tzinfo=UTC)
    assert f'value="{chosen}" checked' in str(form["at"])
    stored = When(initial={"at": form.cleaned_data["at"]})
    assert f'value="{chosen}" checked' in str(stored["at"])
    assert str(stored["at"]).count(" checked") == 1


@pytest.mark.parametrize("chosen", ["", "2036-10-25T00:30:00+00:00", "nonsense", "\x00"])
def test_until_one_is_chosen_it_is_asked_for(chosen: str) -> None:
    form = when("2036-10-26 02:30", chosen)
    (message,) = form.errors["at"]
    assert "02:30" in str(form["at"])
    assert "occurs twice in Europe/Amsterdam" in message
    assert "2:30 a.m. CEST (UTC+02:00), the first time; 2:30 a.m. CET (UTC+01:00), the second time" in message
    assert str(form["at"]).count('type="radio"') == 2
    assert " checked" not in str(form["at"])


def test_of_a_time_that_does_not_exist_those_that_do_are_named() -> None:
    with translation.override("nl"):
        (message,) = when("2036-03-30 02:30").errors["at"]
    assert str(message).startswith("Op 30 maart 2036")
    assert "01:30 CET (UTC+01:00); 03:30 CEST (UTC+02:00)" in str(message)
    for chosen in (BEFORE, AFTER):
        form = when("2036-03-30 02:30", chosen)
        assert form.is_valid()
        assert form.cleaned_data["at"].isoformat() == chosen


def test_on_a_common_day_nothing_is_asked() -> None:
    assert "hub-moments" not in str(when("2027-06-01 09:00", FIRST)["at"])
    assert when("2027-06-01 09:00", FIRST).is_valid()
    assert "hub-moments" not in str(when("no time")["at"])
    assert not when("no time").is_valid()
    with timezone.override(UTC):
        assert when("2036-10-26 02:30").is_valid()


def edit(client: Any, page: Page, **changes: str) -> Any:
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    soup = BeautifulSoup(client.get(address).content, "html.parser")
    form = fields_of(soup.select_one("form[data-edit-form]")) | {"body-count": "0"}
    return client.post(address, form | changes | {"action-publish": "on"})


def test_an_activity_in_the_hour_that_comes_twice_says_which(
    client: Any, admin_client: Any, activity: ActivityPage
) -> None:
    night = {"starts_at": "2036-10-26 02:30", "ends_at": "2036-10-26 02:30"}
    asked = edit(admin_client, activity, **night)
    assert asked.content.decode().count("occurs twice in Europe/Amsterdam") >= 2
    answered = edit(admin_client, activity, **night, **{"starts_at-moment": FIRST, "ends_at-moment": SECOND})
    assert answered.status_code == 302
    told = client.get(f"/api/v1/pages/{activity.pk}").json()
    assert (told["starts_at"], told["ends_at"]) == ("2036-10-26T00:30:00Z", "2036-10-26T01:30:00Z")
    page = client.get(activity.url).content.decode()
    assert "2036-10-26T02:30:00+02:00" in page
    assert "2036-10-26T02:30:00+01:00" in page
    calendar = client.get("/api/v1/feed.ics?locale=en").content.decode()
    assert "DTSTART:20361026T003000Z" in calendar
    assert "DTEND:20361026T013000Z" in calendar
    feed = client.get("/api/v1/feed.json?locale=en").json()
    assert "2:30 a.m. CEST – Oct. 26, 2036, 2:30 a.m. CET" in feed["items"][0]["content_html"]
    again = admin_client.get(reverse("wagtailadmin_pages:edit", args=[activity.pk])).content.decode()
    for name, chosen in (("starts_at", FIRST), ("ends_at", SECOND)):
        assert f'name="{name}-moment" value="{chosen}" checked' in again


def test_the_dates_of_publishing_ask_too(admin_client: Any, activity: ActivityPage) -> None:
    dates = {"go_live_at": "2036-10-26 02:30", "expire_at": "2036-10-26 02:30"}
    asked = edit(admin_client, activity, **dates)
    assert asked.content.decode().count("occurs twice in Europe/Amsterdam") >= 2
    saved = edit(admin_client, activity, **dates, **{"go_live_at-moment": FIRST, "expire_at-moment": SECOND})
    assert saved.status_code == 302, saved.context["form"].errors
    draft = ActivityPage.objects.get(pk=activity.pk).get_latest_revision_as_object()
    stored = (draft.go_live_at.astimezone(UTC).isoformat(), draft.expire_at.astimezone(UTC).isoformat())
    assert stored == (FIRST, SECOND)


def test_a_card_says_which_of_the_two(activity: ActivityPage) -> None:
    activity.starts_at, activity.ends_at = datetime.fromisoformat(FIRST), datetime.fromisoformat(SECOND)
    assert activity_facts(activity)["hours"] == "02:30 CEST–02:30 CET"
