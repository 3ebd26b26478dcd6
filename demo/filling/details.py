"""What articles, activities, archive items and team members have beside their texts, from the content files."""

from __future__ import annotations

from datetime import datetime, timedelta

from wagtail.models import Locale, Page

from archive.models import ArchiveItemLink
from demo.texts import Entry, load
from team.models import PersonLink
from themes.models import ActivityPerson, ArticleAuthor, RelatedArticle, Series, SeriesName

# The demo's pages by their keys and languages.
Pages = dict[tuple[str, str], Page]


def load_series(locales: dict[str, Locale]) -> dict[str, Series]:
    """Return the series by their slugs; those that are missing are made."""
    found = {}
    for entry in load("activities")["series"]:
        series, _created = Series.objects.get_or_create(slug=entry["slug"])
        for code, locale in locales.items():
            SeriesName.objects.get_or_create(series=series, locale=locale, defaults={"name": entry[code]})
        found[entry["slug"]] = series
    return found


def activity_fields(entry: Entry, code: str, *, starts_at: datetime, series: dict[str, Series]) -> dict[str, object]:
    """Return an activity's own fields, but for those that point at other pages."""
    closes = entry.get("closes_days_before")
    optional: list[str] = [name for name in ("time_zone", "online_url", "online_url_for") if name in entry]
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=entry["duration_hours"]),
        "place": "" if entry[code]["place"] == "Online" else entry[code]["place"],
        "address": entry[code].get("address", ""),
        "is_online": entry["online"],
        "registration_url": entry.get("registration_url", ""),
        "registration_closes_at": starts_at - timedelta(days=closes) if closes else None,
        "is_full": entry.get("full", False),
        "series": series.get(entry.get("series", "")),
        **{f"for_{word}": word in entry.get("audience", []) for word in ("members", "partnerships", "public")},
        **{name: entry[name] for name in optional},
    }


def person_fields(entry: Entry, code: str) -> dict[str, object]:
    """Return a team member's own fields."""
    ways: list[str] = [name for name in ("email", "shows_email", "phone", "shows_phone") if name in entry]
    return {"function": entry[code]["function"], **{name: entry[name] for name in ways}}


def add_rows(page: Page, entry: Entry, code: str, *, pages: Pages) -> None:
    """Give the page its people, links and references to other pages, which are all there by now."""
    words = entry[code]
    match entry["model"]:
        case "activity":
            page.report = pages[entry["report"], code] if "report" in entry else None
            page.people.set(_people(ActivityPerson, words.get("people", []), code, pages=pages))
        case "article":
            page.authors.set(_people(ArticleAuthor, words.get("authors", []), code, pages=pages))
            related = [pages[key, code] for key in entry.get("related", [])]
            page.related_articles.set([RelatedArticle(article=other, sort_order=n) for n, other in enumerate(related)])
        case "archive-item":
            page.links.set([ArchiveItemLink(**link, sort_order=n) for n, link in enumerate(words.get("links", []))])
        case "person":
            page.links.set([PersonLink(**link, sort_order=n) for n, link in enumerate(words.get("links", []))])


def _people(
    model: type[ActivityPerson] | type[ArticleAuthor], entries: list[dict[str, str]], code: str, *, pages: Pages
) -> list[ActivityPerson | ArticleAuthor]:
    return [
        model(**{**words, "member": pages[words["member"], code]} if "member" in words else words, sort_order=number)
        for number, words in enumerate(entries)
    ]
