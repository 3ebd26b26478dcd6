"""Sections from data: people, activities, the newsletter's sign-up, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.content import site_tree
from cms.content.version import content_version
from newsletters.models import Newsletter, NewsletterPage, NewsletterText
from team.models import PersonPage
from tests.cms.test_plain_pages import soup_of
from tests.conftest import add_page
from tests.parts import element
from themes.models import ActivityPage, ArticlePage

COMING = {"title": "", "activities": [], "theme": "", "number": 3}


def stored(kind: str, value: Any) -> Any:
    """Return a stored value as the kind's form takes it."""
    return ArticlePage._meta.get_field("body").stream_block.child_blocks[kind].to_python(value)


@pytest.fixture
def people(person: PersonPage, make_shown_image: Any) -> list[PersonPage]:
    team = person.get_parent()
    images = [make_shown_image(f"Portrait {number}") for number in range(3)]
    others = [
        add_page(team, PersonPage(title=f"Kim {number}", slug=f"kim-{number}", function="Adviser", image=image))
        for number, image in enumerate(images)
    ]
    return [person, *others]


@pytest.fixture
def make_activity(theme_page: Any, data: Any) -> Any:
    def make(title: str, *, in_hours: int, themes: Any = None) -> ActivityPage:
        start = timezone.now() + timedelta(hours=in_hours)
        page = ActivityPage(title=title, slug=title.lower(), starts_at=start, ends_at=start + timedelta(hours=1))
        add_page(theme_page, page)
        page.themes.set([data] if themes is None else themes)
        page.save()
        return page

    return make


@pytest.fixture
def newsletter_page(home_en: Any, locales: Any) -> NewsletterPage:
    newsletter = Newsletter.objects.create(name="Letter", slug="letter", sender_name="Hub", sender_email="a@hub.test")
    NewsletterText.objects.create(
        newsletter=newsletter, locale=locales["en"], title="The Letter", consent_wording="Yes"
    )
    return add_page(home_en, NewsletterPage(title="News", slug="news", newsletter=newsletter))


def test_people_are_those_chosen_or_everyone(body_of: Any, client: Any, make_article: Any, people: Any) -> None:
    sam, kim = people[0], people[2]
    chosen = stored("people", {"title": "Ask us", "everyone": False, "people": [kim.pk, 99_999, sam.pk]})
    everyone = stored("people", {"title": "", "everyone": True, "people": []})
    one, all_of_them = body_of(("people", chosen), ("people", everyone))
    assert [(person["title"], person["function"]) for person in one["people"]] == [
        ("Kim 1", "Adviser"),
        ("Sam", "Facilitator"),
    ]
    assert one["people"][0]["image"]["sources"]
    assert [person["title"] for person in all_of_them["people"]] == ["Sam", "Kim 0", "Kim 1", "Kim 2"]
    soup = soup_of(client, make_article("shown", body=[("people", chosen)]).url)
    assert [link["href"] for link in soup.select(".people a")] == [kim.url, sam.url]
    kim.unpublish()
    assert [person["title"] for person in body_of(("people", chosen))[0]["people"]] == ["Sam"]
    sam.delete()
    assert body_of(("people", chosen)) == []


def test_coming_activities_are_the_next_of_a_theme(
    body_of: Any, client: Any, make_article: Any, make_activity: Any, make_theme: Any, data: Any
) -> None:
    power = make_theme("power", en="Civic power")
    make_activity("Over", in_hours=-3)
    make_activity("Third", in_hours=9, themes=[power, data])
    make_activity("First", in_hours=-1 + 1)
    make_activity("Second", in_hours=5, themes=[power])
    titles = {}
    for theme, number in (("", 2), ("power", 3), ("data", 1), ("gone", 3)):
        (block,) = body_of(("activities", stored("activities", COMING | {"theme": theme, "number": number})))
        assert (block["rule"], block["theme"]) == ("coming", theme or None)
        titles[theme] = [activity["title"] for activity in block["activities"]]
    assert titles == {"": ["First", "Second"], "power": ["Second", "Third"], "data": ["First"], "gone": []}
    page = make_article("shown", body=[("activities", stored("activities", COMING | {"theme": "gone"}))])
    assert element(soup_of(client, page.url), ".activities p").text == "There are no activities planned at the moment."


def test_chosen_activities_stand_in_the_editors_order(body_of: Any, make_activity: Any) -> None:
    late, over = make_activity("Late", in_hours=9), make_activity("Over", in_hours=-9)
    value = stored("activities", COMING | {"activities": [late.pk, over.pk]})
    (block,) = body_of(("activities", value))
    assert (block["rule"], [activity["title"] for activity in block["activities"]]) == ("chosen", ["Late", "Over"])
    late.delete()
    over.unpublish()
    assert body_of(("activities", value)) == []


def test_there_is_a_new_version_of_the_content_when_an_activity_is_over(make_activity: Any) -> None:
    activity = make_activity("Soon", in_hours=1)
    ends_at, starts_at = activity.ends_at, activity.starts_at
    before, after = (content_version(now=ends_at + timedelta(seconds=more)).value for more in (-1, 0))
    assert before == content_version(now=starts_at).value  # registration closes at the start, unless it says otherwise
    assert before != after


def test_a_page_with_coming_activities_is_no_304_once_one_is_over(
    client: Any, make_article: Any, make_activity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = make_activity("Soon", in_hours=1)
    page = make_article("one", body=[("activities", stored("activities", COMING))])
    address = f"/api/v1/pages/{page.pk}"
    first = client.get(address)
    assert [each["title"] for each in first.json()["body"][0]["activities"]] == ["Soon"]
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    monkeypatch.setattr("django.utils.timezone.now", lambda: activity.ends_at)
    later = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (later.status_code, later.json()["body"][0]["activities"]) == (200, [])


def test_a_sign_up_names_the_newsletter_and_where_to_ask(
    client: Any, body_of: Any, make_article: Any, newsletter_page: NewsletterPage, home_nl: Any, locales: Any
) -> None:
    value = stored("sign_up", {"newsletter": newsletter_page.pk, "title": "", "text": "Once a month."})
    (block,) = body_of(("sign_up", value))
    assert (block["title"], block["newsletter"], block["language"]) == ("The Letter", "letter", "en")
    assert block["page"]["path"] == "/en/news/"
    path = client.get("/api/v1/openapi.json").json()["paths"][block["subscribe_path"].replace("/letter/", "/{slug}/")]
    assert path["post"]["operationId"] == "requestSubscription"
    assert client.get(block["sign_up_path"]).status_code == 200
    soup = soup_of(client, make_article("shown", body=[("sign_up", value)]).url)
    assert element(soup, "article a.button")["href"] == block["sign_up_path"]
    home_nl.body = [("sign_up", value)]
    home_nl.save()
    assert client.get(f"/api/v1/pages/{home_nl.pk}").json()["body"] == []  # it is not written in Dutch
    newsletter_page.unpublish()
    assert body_of(("sign_up", value)) == []


def test_many_sections_cost_no_more_queries_than_one_of_each(
    client: Any, make_article: Any, make_activity: Any, people: Any, newsletter_page: NewsletterPage, make_theme: Any
) -> None:
    power = make_theme("power", en="Civic power")
    activities = [make_activity(f"Day{number}", in_hours=number, themes=[power]) for number in range(4)]
    counts = []
    for amount in (1, 4):
        body = []
        for person, activity in list(zip(people, activities, strict=True))[-amount:]:
            body += [
                ("people", {"title": "", "everyone": False, "people": [person.pk]}),
                ("people", {"title": "", "everyone": True, "people": []}),
                ("activities", COMING | {"activities": [activity.pk]}),
                ("activities", COMING | {"theme": "power", "number": amount}),
                ("sign_up", {"newsletter": newsletter_page.pk, "title": "", "text": ""}),
            ]
        page = make_article(f"with-{amount}", body=[(kind, stored(kind, value)) for kind, value in body])
        client.get(f"/api/v1/pages/{page.pk}")
        cache.clear()
        site_tree.forget()
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(f"/api/v1/pages/{page.pk}").json()["body"]) == 5 * amount
        counts.append(len(captured))
    assert counts[1] <= counts[0] <= 24


def test_five_hundred_blocks_in_a_body_are_shown(client: Any, make_article: Any) -> None:
    kinds = {
        "callout": {"kind": "tip", "title": "מה למדנו", "text": "<p>שלום</p>"},
        "figures": {"figures": [{"value": "40", "label": "مشاريع", "note": ""}]},
        "activities": COMING,
        "people": {"title": "", "everyone": True, "people": []},
    }
    body = [(kind, stored(kind, value)) for _ in range(125) for kind, value in kinds.items()]
    page = make_article("many", body=body)
    response = client.get(f"/api/v1/pages/{page.pk}")
    assert len(response.json()["body"]) == 375  # nobody is in the team
    assert client.get(page.url).status_code == 200
