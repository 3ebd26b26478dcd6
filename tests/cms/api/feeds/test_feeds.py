"""GET /feed.json, /feed.rss, /feed.atom and /feed.ics, read with real parsers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.utils import timezone
from icalendar import Calendar

from cms.pictures.renditions import make_renditions
from tests.conftest import add_page
from themes.models import ActivityPage

API = "/api/v1/feed"
TYPES = {
    "json": "application/feed+json; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
}
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
HOSTILE = "]]> </title><script>x</script> \x07\x1b\ufffe &amp; 🎉 שלום\r\nBEGIN:VEVENT; a,b"
SHOWN = "]]> </title><script>x</script> &amp; 🎉 שלום BEGIN:VEVENT; a,b"


def read_json(client: Any, query: str = "") -> dict[str, Any]:
    return json.loads(client.get(f"{API}.json{query}").content)


def read_xml(client: Any, form: str, query: str = "") -> Any:
    return ET.fromstring(client.get(f"{API}.{form}{query}").content)  # noqa: S314  # what we wrote ourselves


def titles(client: Any, query: str = "") -> list[str]:
    """Return the titles of a feed, after checking that its three formats have the same."""
    found = [item["title"] for item in read_json(client, query)["items"]]
    rss, atom = (read_xml(client, form, query) for form in ("rss", "atom"))
    assert [each.text for each in rss.findall("channel/item/title")] == found
    assert [each.text for each in atom.findall(f"{ATOM}entry/{ATOM}title")] == found
    return found


def read_calendar(client: Any, query: str = "") -> Any:
    return Calendar.from_ical(client.get(f"{API}.ics{query}").content)


def words(client: Any, query: str = "") -> list[str]:
    return [str(event["SUMMARY"]) for event in read_calendar(client, query).walk("VEVENT")]


@pytest.fixture
def make_activity(theme_page: Any) -> Any:
    """Make an activity that starts in this many days: make_activity("open-day", 3)."""

    def make(slug: str, days: float, **fields: Any) -> ActivityPage:
        starts_at = timezone.now() + timedelta(days=days)
        fields = {"title": slug, "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)} | fields
        return add_page(theme_page, ActivityPage(slug=slug, **fields))

    return make


@pytest.fixture
def article(make_article: Any, make_image: Any, data: Any, activity: Any) -> Any:
    image = make_image(description="A canal")
    make_renditions(image=image)
    link = f'<p>See <a linktype="page" id="{activity.pk}">the day</a>.</p>'
    page = make_article("open", title="Open data", summary="Less < more.", image=image, body=[("text", link)])
    page.themes.add(data)
    page.tags.add("Learning")
    page.save()
    return page


def test_a_json_feed_holds_the_whole_article(client: Any, article: Any) -> None:
    feed = read_json(client)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["language"]) == ("Innovation Hub", "en")
    assert feed["home_page_url"] == "http://hub.test/en/"
    assert feed["feed_url"].endswith("/api/v1/feed.json")
    item = feed["items"][0]
    assert (item["title"], item["summary"], item["url"]) == ("Open data", "Less < more.", article.full_url)
    assert item["content_html"] == (
        '<div><p>See <a href="http://hub.test/en/themes/data/open-day/">the day</a>.</p></div>'
    )
    assert item["image"].startswith("http://")
    assert item["tags"] == ["Data", "Learning"]
    assert datetime.fromisoformat(item["date_published"]) == article.first_published_at
    assert "image" not in feed["items"][1]


def test_an_rss_feed_holds_the_whole_article(client: Any, article: Any) -> None:
    root = read_xml(client, "rss")
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root.find("channel")
    assert channel.findtext("link") == "http://hub.test/en/"
    assert channel.findtext("language") == "en"
    assert channel.find(f"{ATOM}link").get("href").endswith("/api/v1/feed.rss")
    item = channel.find("item")
    assert item.findtext("description") == "Less &lt; more."  # readers take it for HTML
    assert 'href="http://hub.test/en/themes/data/open-day/"' in item.findtext(CONTENT)
    assert parsedate_to_datetime(item.findtext("pubDate")) == article.first_published_at.replace(microsecond=0)
    assert item.find("guid").get("isPermaLink") == "false"
    enclosure, file = item.find("enclosure"), article.image.renditions.get(filter_spec="width-1600|format-jpeg").file
    assert enclosure.get("url").endswith(file.url)
    assert (enclosure.get("type"), enclosure.get("length")) == ("image/jpeg", str(file.size))
    assert [each.text for each in item.findall("category")] == ["Data", "Learning"]


@pytest.mark.parametrize("trouble", ["lost", "elsewhere"])
def test_a_picture_whose_length_is_not_known_is_in_the_feed_with_0(
    client: Any, article: Any, trouble: str, monkeypatch: Any
) -> None:
    if trouble == "lost":
        for rendition in article.image.renditions.all():
            rendition.file.storage.delete(rendition.file.name)
    else:
        monkeypatch.setattr("cms.api.lookups.images.default_storage", Storage())  # no folder of this machine
    assert read_xml(client, "rss").find("channel/item/enclosure").get("length") == "0"


def test_an_atom_feed_holds_the_whole_article(client: Any, article: Any) -> None:
    root = read_xml(client, "atom")
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Innovation Hub"
    (own,) = (link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self")
    assert own.get("href").endswith("/api/v1/feed.atom")
    entry = root.find(f"{ATOM}entry")
    content = entry.find(f"{ATOM}content")
    assert content.get("type") == "html"
    assert 'href="http://hub.test/en/themes/data/open-day/"' in content.text
    assert entry.findtext(f"{ATOM}updated")
    assert {link.get("rel") for link in entry.findall(f"{ATOM}link")} == {"alternate", "enclosure"}


def test_an_item_keeps_its_key_when_its_page_moves(client: Any, article: Any, make_activity: Any) -> None:
    make_activity("day", 1)

    def keys() -> tuple[Any, ...]:
        rss, atom = (read_xml(client, form) for form in ("rss", "atom"))
        return (
            [item["id"] for item in read_json(client)["items"]],
            [each.text for each in rss.findall("channel/item/guid")],
            [each.text for each in atom.findall(f"{ATOM}entry/{ATOM}id")],
            [str(event["UID"]) for event in read_calendar(client).walk("VEVENT")],
        )

    before, url = keys(), article.url
    section = article.get_parent()
    section.slug = "moved"
    section.save()
    assert type(article).objects.get(pk=article.pk).url != url
    assert keys() == before
    assert all(len(set(each)) == len(each) >= 2 for each in before[:3])


def test_the_newest_stand_first_up_to_the_limit(client: Any, make_article: Any) -> None:
    for day in (2, 3, 1):
        make_article(f"day-{day}", first_published_at=datetime(2026, 1, day, tzinfo=UTC))
    assert titles(client) == ["Day-3", "Day-2", "Day-1"]
    assert titles(client, "?limit=2") == ["Day-3", "Day-2"]


def test_a_feed_can_be_narrowed(client: Any, make_article: Any, activity: Any, article: Any, theme_page: Any) -> None:
    make_article("other")
    assert set(titles(client)) == {"Open data", "Other", "Open day"}  # and no theme page
    assert titles(client, "?type=activity") == ["Open day"]
    assert set(titles(client, "?type=activity&type=article")) == {"Open data", "Other", "Open day"}
    assert titles(client, "?theme=data") == titles(client, "?tag=learning") == ["Open data"]
    assert titles(client, "?theme=none") == []


def test_a_feeds_title_says_what_it_was_asked_for(client: Any, article: Any, home_nl: Any) -> None:
    assert read_json(client, "?type=activity&theme=data&tag=learning")["title"] == (
        "Innovation Hub: activities, Data, learning"
    )
    assert read_json(client, "?theme=data&locale=nl")["title"] == "Innovation Hub: Gegevens"


def test_a_feed_is_in_one_language_the_main_one_unless_asked(client: Any, article: Any, locales: Any) -> None:
    for above in (*article.get_ancestors().filter(depth__gt=1), article):
        page = above.specific.copy_for_translation(locales["nl"])
        page.title = f"{page.title} nl"
        page.save_revision().publish()
    assert titles(client, "?type=article") == ["Open data"]
    assert titles(client, "?type=article&locale=nl") == ["Open data nl"]
    feed = read_json(client, "?locale=nl")
    assert (feed["language"], feed["home_page_url"]) == ("nl", "http://hub.test/nl/")
    assert client.get(f"{API}.rss?locale=nl")["Content-Language"] == "nl"


@pytest.mark.parametrize("query", ["", "?locale=nl", "?tag=none"])
def test_an_empty_feed_is_a_feed(client: Any, site: Any, query: str) -> None:
    assert titles(client, query) == []
    assert words(client, query) == []
    atom = read_xml(client, "atom", query)
    assert atom.findtext(f"{ATOM}id")
    assert atom.findtext(f"{ATOM}updated")


def test_hostile_words_break_no_format(client: Any, make_article: Any, make_activity: Any, make_image: Any) -> None:
    make_article("one", body=[("quote", {"text": HOSTILE, "attribution": ""})])
    page = make_activity("two", 1, title=HOSTILE[:200], summary=HOSTILE, place=HOSTILE, image=make_image("é è"))
    page.tags.add("a]]>\x07<b>")
    page.save()
    assert titles(client) == [SHOWN, "One"]
    assert read_json(client)["items"][0]["tags"] == ["a]]><b>"]
    rss = read_xml(client, "rss")
    assert "<script" not in "".join(each.text for each in rss.iter(CONTENT))
    (event,) = read_calendar(client).walk("VEVENT")
    assert (event["SUMMARY"], event["LOCATION"]) == (SHOWN, SHOWN)


@pytest.mark.parametrize("form", TYPES)
def test_each_format_says_what_it_is_and_answers_head(client: Any, article: Any, form: str) -> None:
    response = client.get(f"{API}.{form}")
    assert response["Content-Type"] == TYPES[form]
    head = client.head(f"{API}.{form}")
    assert (head.status_code, head.content, head["Content-Type"]) == (200, b"", response["Content-Type"])


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("query", ["x=1", "limit=0", "limit=201", "type=theme", "type=x", "theme=%00", "locale=%00"])
def test_an_odd_parameter_is_refused(client: Any, site: Any, form: str, query: str) -> None:
    response = client.get(f"{API}.{form}?{query}")
    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")


def test_the_document_names_the_media_types(client: Any) -> None:
    document = client.get("/api/v1/openapi.json").json()
    for form, media_type in TYPES.items():
        answer = document["paths"][f"/api/v1/feed.{form}"]["get"]["responses"]["200"]
        assert set(answer["content"]) == {media_type.partition(";")[0]}
    feed = document["components"]["schemas"]["Feed"]
    assert {"version", "title", "items"} <= set(feed["required"])
    assert "image" not in document["components"]["schemas"]["FeedItem"]["required"]


def test_a_calendar_says_when_and_where(client: Any, make_activity: Any, data: Any) -> None:
    page = make_activity("day", 1, title="Open day", summary="Come, all; please", place="Utrecht", is_online=True)
    page.themes.add(data)
    page.save()
    calendar = read_calendar(client)
    assert (calendar["VERSION"], str(calendar["NAME"])) == ("2.0", "Innovation Hub")
    assert calendar["PRODID"]
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == page.starts_at.replace(microsecond=0)
    assert event["DTEND"].dt == page.ends_at.replace(microsecond=0)
    assert event["DTSTART"].dt.utcoffset() == timedelta(0)
    assert event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == page.last_published_at.replace(microsecond=0)
    assert (event["SUMMARY"], event["LOCATION"], event["STATUS"]) == ("Open day", "Utrecht and online", "CONFIRMED")
    assert event["DESCRIPTION"] == f"Come, all; please\n\n{page.full_url}"
    assert (event["URL"], event["CATEGORIES"].cats) == (page.full_url, ["Data"])
    assert "\r\n" in client.get(f"{API}.ics").content.decode()


def test_a_calendar_stands_in_order_of_time_without_what_is_long_over(client: Any, make_activity: Any) -> None:
    for slug, days in (("later", 20), ("sooner", 2), ("just-over", -3), ("long-over", -40)):
        make_activity(slug, days)
    hidden = make_activity("hidden", 0)  # takes no one's place either
    type(hidden).objects.filter(pk=hidden.pk).update(live=False)
    assert words(client) == ["just-over", "sooner", "later"]
    assert words(client, "?limit=2") == ["just-over", "sooner"]


def test_what_ends_when_it_starts_has_no_end_in_the_calendar(client: Any, make_activity: Any) -> None:
    now = timezone.now()
    make_activity("moment", 0, starts_at=now, ends_at=now)
    (event,) = read_calendar(client).walk("VEVENT")
    assert "DTEND" not in event  # it would have to be later (RFC 5545, 3.8.2.2)
    (item,) = client.get("/api/v1/feed.json?type=activity").json()["items"]
    assert " – " not in item["content_html"]


def test_a_calendar_says_its_places_in_its_language(client: Any, make_activity: Any, locales: Any) -> None:
    page = make_activity("day", 1, place="Utrecht", is_online=True)
    for above in (*page.get_ancestors().filter(depth__gt=1), page):
        above.specific.copy_for_translation(locales["nl"]).save_revision().publish()
    for language, place in (("en", "Utrecht and online"), ("nl", "Utrecht en online")):
        (event,) = read_calendar(client, f"?locale={language}").walk("VEVENT")
        assert event["LOCATION"] == place


def test_a_calendar_says_the_type_of_what_has_none_by_default(client: Any, activity: Any) -> None:
    """RFC 7986, sections 5.7 and 5.8."""
    lines = client.get(f"{API}.ics").content.decode().replace("\r\n ", "").split("\r\n")
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H" in lines
    assert any(line.startswith("SOURCE;VALUE=URI:http://") for line in lines)
