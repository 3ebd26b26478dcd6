"""Activities: when, where, for whom, how to register and who speaks, in the admin, the API and on the plain page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from cms.api.build import build_detail
from cms.content.version import content_version
from cms.previews import find_preview, start_preview
from tests.conftest import add_page
from tests.newsletters.filling_in import fields_of
from themes.models import ActivityPage, ActivityPerson, Series, SeriesName

pytestmark = pytest.mark.django_db

STARTS = datetime(2036, 12, 3, 13, tzinfo=UTC)
FORM = "https://example.org/register"


@pytest.fixture
def make_activity(theme_page: Any) -> Any:
    def make(slug: str = "lab", **fields: Any) -> ActivityPage:
        times = {"starts_at": STARTS, "ends_at": STARTS + timedelta(hours=2)}
        return add_page(theme_page, ActivityPage(title=slug.title(), slug=slug, **{**times, **fields}))

    return make


@pytest.fixture
def labs(locales: Any) -> Series:
    series = Series.objects.create(slug="labs")
    for code, name in (("en", "Learning lab"), ("nl", "Leerlab")):
        SeriesName.objects.create(series=series, locale=locales[code], name=name)
    return series


def told(client: Any, page: Any) -> dict[str, Any]:
    return client.get(f"/api/v1/pages/{page.pk}").json()


def slugs(client: Any, query: str) -> set[str]:
    return {item["slug"] for item in client.get(f"/api/v1/pages?{query}").json()["items"]}


def event(client: Any, page: Any) -> dict[str, Any]:
    return next(thing for thing in told(client, page)["seo"]["json_ld"]["@graph"] if thing["@type"] == "Event")


def test_the_link_is_public_only_if_it_is_for_everybody(client: Any, make_activity: Any) -> None:
    for readers in ActivityPage.LinkReaders.values:
        secret = f"https://meet.example.org/{readers}-canary"
        page = make_activity(readers, is_online=True, online_url=secret, online_url_for=readers, registration_url=FORM)
        found = told(client, page)
        assert found["online_url_for"] == readers
        assert (found["online_url"] == secret) == (readers == "everybody")
        shown = str(found) + client.get(page.url).content.decode() + client.get("/api/v1/feed.ics?locale=en").text
        assert (secret in shown) == (readers == "everybody"), readers
    assert not slugs(client, "q=canary")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "none"),
        ({"registration_url": FORM}, "open"),
        ({"registration_url": FORM, "is_full": True}, "full"),
        ({"is_full": True}, "full"),
        ({"registration_url": FORM, "registration_closes_at": datetime(2026, 1, 1, tzinfo=UTC)}, "closed"),
        ({"registration_url": FORM, "starts_at": datetime(2026, 1, 1, tzinfo=UTC)}, "closed"),
        ({"is_full": True, "starts_at": datetime(2026, 1, 1, tzinfo=UTC)}, "closed"),
    ],
)
def test_the_api_says_and_filters_whether_one_can_register(
    client: Any, make_activity: Any, fields: dict[str, Any], state: str
) -> None:
    page = make_activity(**fields)
    assert told(client, page)["registration"] == state
    assert {word: slugs(client, f"registration={word}") for word in ("open", "full", "closed", "none")} == {
        word: {page.slug} if word == state else set() for word in ("open", "full", "closed", "none")
    }
    soup = BeautifulSoup(client.get(page.url).content, "html.parser")
    assert bool(soup.select("a.button")) == (state == "open")
    assert event(client, page).get("offers", {}).get("availability", "").rpartition("/")[2] == (
        {"open": "InStock", "full": "SoldOut"}.get(state, "") if "registration_url" in fields else ""
    )


def test_the_end_of_registration_makes_a_new_version_of_the_content(make_activity: Any) -> None:
    now = timezone.now()
    closes_at = now + timedelta(hours=1)
    make_activity(registration_url=FORM, registration_closes_at=closes_at)
    before = content_version(now=closes_at - timedelta(seconds=1))
    assert content_version(now=closes_at) != before
    make_activity("open-end", registration_url=FORM)
    assert content_version(now=STARTS) != content_version(now=STARTS - timedelta(seconds=1))


def test_activities_are_found_by_audience_and_series(client: Any, make_activity: Any, labs: Series) -> None:
    make_activity("both", for_members=True, for_public=True, series=labs)
    make_activity("members", for_members=True)
    make_activity("nobody")
    assert slugs(client, "audience=members") == {"both", "members"}
    assert slugs(client, "audience=public") == {"both"}
    assert slugs(client, "series=labs") == {"both"}
    assert client.get("/api/v1/pages?audience=staff").status_code == 422
    assert client.get("/api/v1/pages?series=%00").status_code == 422


def test_a_series_has_its_name_in_each_language(client: Any, make_activity: Any, labs: Series, home_nl: Any) -> None:
    page = make_activity(series=labs)
    dutch = page.copy_for_translation(home_nl.locale, copy_parents=True)
    dutch.save_revision().publish()
    assert told(client, page)["series"] == {"slug": "labs", "name": "Learning lab"}
    labs.names.filter(locale=home_nl.locale).update(name="Lab")
    with translation.override("nl"):
        assert str(Series.objects.get()) == "Lab"
    labs.delete()
    assert told(client, page)["series"] is None


def test_people_are_team_members_or_guests(client: Any, make_activity: Any, person: Any) -> None:
    page = make_activity()
    page.people.set(
        [
            ActivityPerson(role="host", member=person, sort_order=0),
            ActivityPerson(function="Adviser", organisation="A youth <b>organisation", sort_order=1),
        ]
    )
    page.save()
    host, guest = told(client, page)["people"]
    assert (host["role"], host["name"], host["page"]["path"]) == ("host", "Sam", "/en/team/sam/")
    assert (guest["role"], guest["name"], guest["function"], guest["page"]) == ("speaker", "", "Adviser", None)
    found = event(client, page)
    assert [thing["name"] for thing in found["performer"]] == ["Adviser"]
    assert found["organizer"][1]["name"] == "Sam"
    shown = client.get(page.url).content.decode()
    assert 'href="/en/team/sam/"' in shown
    assert "A youth &lt;b&gt;organisation" in shown
    assert slugs(client, "q=youth") == slugs(client, f"person={person.pk}") == {page.slug}
    person.unpublish()
    assert [each["function"] for each in told(client, page)["people"]] == ["Adviser"]
    person.delete()
    assert [each["function"] for each in told(client, page)["people"]] == ["Adviser"]
    assert ActivityPage.objects.get(pk=page.pk).people.count() == 1


def test_a_person_is_exactly_one(make_activity: Any, person: Any, theme_page: Any) -> None:
    page = make_activity()
    for fields in ({}, {"organisation": "An NGO"}, {"member": person, "name": "Guest"}, {"member": theme_page}):
        with pytest.raises(ValidationError) as refused:
            ActivityPerson(page=page, **fields).clean()
        assert set(refused.value.message_dict) == {"member"}
    for fields in ({"member": person}, {"name": "Guest"}, {"function": "Adviser"}):
        ActivityPerson(page=page, **fields).clean()


def test_people_are_translated_and_copied_with_the_page(
    client: Any, make_activity: Any, person: Any, home_nl: Any
) -> None:
    page = make_activity()
    page.people.set([ActivityPerson(member=person), ActivityPerson(function="Adviser", sort_order=1)])
    page.save()
    dutch = page.copy_for_translation(home_nl.locale, copy_parents=True)
    assert {row.locale for row in dutch.people.all()} == {home_nl.locale}
    copied = page.copy(update_attrs={"slug": "again"}, keep_live=True)
    assert [each["name"] for each in told(client, copied)["people"]] == ["Sam", ""]


def test_times_are_shown_in_the_activitys_own_zone(client: Any, make_activity: Any) -> None:
    page = make_activity(time_zone="Africa/Kampala", registration_url=FORM, registration_closes_at=STARTS)
    assert told(client, page)["time_zone"] == "Africa/Kampala"
    assert event(client, page)["startDate"] == "2036-12-03T16:00:00+03:00"
    shown = client.get(page.url).content.decode()
    assert "Wednesday 3 December 2036, 16:00–18:00 (Africa/Kampala)" in shown
    assert "Register before 3 December 2036, 16:00" in shown
    feed = client.get("/api/v1/feed.json?type=activity").json()
    assert "4 p.m. – Dec. 3, 2036, 6 p.m. (Africa/Kampala)" in feed["items"][0]["content_html"]
    assert "(Europe/Amsterdam)" not in client.get(make_activity("here").url).content.decode()
    ActivityPage.objects.update(time_zone="Mars/Phobos")
    assert told(client, page)["time_zone"] == "Europe/Amsterdam"


def edit(client: Any, page: Any, **changes: str) -> Any:
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    form = fields_of(BeautifulSoup(client.get(address).content, "html.parser").select_one("form[data-edit-form]"))
    form |= {"body-count": "0", "people-TOTAL_FORMS": "0"}
    return client.post(address, form | changes | {"action-publish": "on"})


def test_editors_write_times_in_the_activitys_own_zone(admin_client: Any, make_activity: Any) -> None:
    page = make_activity(time_zone="Africa/Kampala")
    form = admin_client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert 'value="2036-12-03 16:00"' in form
    changes = {"starts_at": "2036-12-03 09:00", "ends_at": "2036-12-03 10:00", "time_zone": "Asia/Kolkata"}
    assert edit(admin_client, page, **changes).status_code == 302
    assert ActivityPage.objects.get(pk=page.pk).starts_at == datetime(2036, 12, 3, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends_at": "2036-12-03 09:00"}, "cannot end before it starts"),
        ({"registration_closes_at": "2036-12-04 09:00"}, "cannot close after the activity has ended"),
        ({"online_url": "https://meet.example.org/x"}, "Tick “online” as well"),
        ({"online_url": "javascript:alert(1)", "is_online": "on"}, "Enter a valid URL"),
        ({"time_zone": "Mars/Phobos"}, "Select a valid choice"),
    ],
)
def test_contradictions_are_explained(
    admin_client: Any, make_activity: Any, changes: dict[str, str], message: str
) -> None:
    answer = edit(admin_client, make_activity(), **changes)
    assert answer.status_code == 200
    assert message in answer.content.decode()


def test_empty_and_wrong_rows_of_people_are_no_fault(admin_client: Any, make_activity: Any) -> None:
    page = make_activity()
    row = {"people-TOTAL_FORMS": "1", "people-0-role": "speaker", "people-0-ORDER": "1", "people-0-id": ""}
    assert edit(admin_client, page, **row, **{"people-0-DELETE": "1"}).status_code == 302
    refused = edit(admin_client, page, **row, **{"people-0-organisation": "An NGO"})
    assert "give a guest’s name or function" in refused.content.decode()
    assert edit(admin_client, page, **row, **{"people-0-name": "Guest"}).status_code == 302
    assert [row.name for row in ActivityPage.objects.get(pk=page.pk).people.all()] == ["Guest"]


def test_a_report_that_is_gone_is_left_out(client: Any, make_activity: Any, make_article: Any) -> None:
    article = make_article("outcome", title="Outcome")
    page = make_activity(report=article)
    assert told(client, page)["report"]["path"] == "/en/themes/data/outcome/"
    assert event(client, page)["subjectOf"]["name"] == "Outcome"
    assert "Outcome" in client.get(page.url).content.decode()
    article.unpublish()
    assert told(client, page)["report"] is None
    article.delete()
    assert told(client, page)["report"] is None


def test_a_preview_shows_people_who_are_not_saved(make_activity: Any, admin_user: Any, site: Any) -> None:
    page = make_activity(address="Voorbeeldstraat 1\n3511 AA Utrecht")
    page.people.set([ActivityPerson(name="Guest")])
    now = timezone.now()
    found = find_preview(token=start_preview(page=page, user=admin_user, now=now), now=now)
    assert found is not None
    detail: Any = build_detail(page=found, site=site, now=now, draft=True)
    assert [each.name for each in detail.people] == ["Guest"]


def test_a_detail_costs_the_same_for_one_and_for_many_people(
    client: Any, make_activity: Any, person: Any, labs: Series
) -> None:
    counts = []
    for amount in (1, 20):
        page = make_activity(f"with-{amount}", series=labs)
        rows = [ActivityPerson(member=person, sort_order=n) for n in range(amount)]
        page.people.set(rows)
        page.save()
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert len(told(client, page)["people"]) == amount
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_list_names_series_in_one_query(client: Any, make_activity: Any, labs: Series) -> None:
    for number in range(6):
        make_activity(f"a{number}", series=labs)
    client.get("/api/v1/pages?type=activity&limit=1")
    counts = []
    for limit in (2, 5):
        with CaptureQueriesContext(connection) as captured:
            items = client.get(f"/api/v1/pages?type=activity&limit={limit}").json()["items"]
        assert {item["series"]["name"] for item in items} == {"Learning lab"}
        counts.append(len(captured))
    assert counts[0] == counts[1]
