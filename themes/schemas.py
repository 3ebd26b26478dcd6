"""The themes' page types in the Content API."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field
from wagtail.models import Page

from cms.api.context import BuildContext
from cms.api.json_ld import Thing, creative_work, organisation_ref
from cms.api.schemas import PageDetail, PageRef, PageSummary
from cms.content.references import rich_text_references
from cms.plugins import References
from cms.values.time_zones import zone_named
from themes.shared_values import (
    ThemesPerson,
    ThemesSeries,
    build_people,
    build_series,
    pages_of,
    person_thing,
    series_thing,
)

Audience = Literal["members", "partnerships", "public"]
Registration = Literal["open", "full", "closed", "none"]


class ThemesIndexSummary(PageSummary):
    """The page above all themes."""

    type: Literal["theme-index"] = Field(description="Says that this is the page above all themes.")


class ThemesIndexDetail(ThemesIndexSummary, PageDetail):
    """The page above all themes, in full."""

    parts_template: ClassVar[str] = "themes/parts/index.html"

    how_chosen: str = Field(
        description="How the themes were chosen, as sanitised HTML; may be empty.",
        examples=["<p>In consultation with members.</p>"],
    )

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return what the text links to."""
        return rich_text_references(page.how_chosen)

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the text on how the themes were chosen."""
        return {"how_chosen": context.html(page.how_chosen, locale_id=page.locale_id)}

    def schema_org(self) -> dict[str, object]:
        """Return a set of terms."""
        return {"@type": "DefinedTermSet", "publisher": organisation_ref(self), "inLanguage": self.locale}


class ThemesThemeSummary(PageSummary):
    """A theme's own page. `/pages?type=theme` lists all of them: link a theme's label to the page with its `theme`."""

    type: Literal["theme"] = Field(description="Says that this is a theme's own page.")
    theme: str = Field(
        description="The slug of the theme that the page is about, as in `/pages?theme=`.", examples=["data"]
    )

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the theme's slug."""
        return {"theme": context.theme_slug(page.theme_id)}


class ThemesThemeDetail(ThemesThemeSummary, PageDetail):
    """A theme's own page, in full."""

    parts_template: ClassVar[str] = "themes/parts/theme.html"

    questions: list[str] = Field(
        description="What the theme asks, the main question first.", examples=[["Who decides what data we collect?"]]
    )
    people: list[PageRef] = Field(description="The public pages of the team members who work on it.")

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return the team members' pages."""
        return References(pages=frozenset({person.page_id for person in page.people.all()} - {None}))

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the theme's slug, its questions and its people."""
        people = context.pages([person.page_id for person in page.people.all()], locale_id=page.locale_id)
        return {
            **super().extra(page=page, context=context),
            "questions": [question.text for question in page.questions.all() if question.text],
            "people": people,
        }

    def schema_org(self) -> dict[str, object]:
        """Return a term from the set of the hub's themes."""
        above = [{"@id": f"{ancestor.url}#main"} for ancestor in self.ancestors if ancestor.type == "theme-index"]
        return {"@type": "DefinedTerm", "termCode": self.theme, "inDefinedTermSet": above[-1] if above else None}


class ThemesActivityPerson(ThemesPerson):
    """A host or a speaker of an activity."""

    role: Literal["host", "speaker"] = Field(description="Whether the person guides the activity or speaks at it.")


class ThemesArticleSummary(PageSummary):
    """News or background on a theme."""

    type: Literal["article"] = Field(description="Says that this is an article.")
    series: ThemesSeries | None = Field(description="The series that the article belongs to, if any.")
    reading_minutes: int = Field(
        description="How many minutes it takes to read, rounded up; 0 if there is no text.", examples=[4]
    )

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the series."""
        return {"series": build_series(page.series_id, page=page, context=context)}


class ThemesArticleDetail(ThemesArticleSummary, PageDetail):
    """News or background on a theme, in full."""

    not_in_markdown = frozenset({"reading_minutes"})

    authors: list[ThemesPerson] = Field(description="Who wrote it, in the editors' order; may be empty.")
    related_articles: list[PageRef] = Field(description="Articles to read on with, in the editors' order.")

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return references to the authors' pages and to the articles to read on with."""
        related = {row.article_id for row in page.listed_articles}
        return References(pages=frozenset(related) | pages_of(page.listed_authors))

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the series, and the authors and articles that are public."""
        others = (context.page(row.article_id, locale_id=page.locale_id) for row in page.listed_articles)
        return super().extra(page=page, context=context) | {
            "authors": [author for _row, author in build_people(page.listed_authors, page, context)],
            "related_articles": [ref for ref in others if ref and ref.id != page.pk],
        }

    def schema_org(self) -> Thing:
        """Return an article, by its authors or else by the organisation."""
        authors = [person_thing(author) for author in self.authors]
        own = {
            "@type": "Article",
            "timeRequired": f"PT{self.reading_minutes}M" if self.reading_minutes else None,
            "isPartOf": series_thing(self.series, kind="CreativeWorkSeries"),
        }
        return {**creative_work(self), **own, **({"author": authors} if authors else {})}


class ThemesActivitySummary(PageSummary):
    """Something to take part in."""

    type: Literal["activity"] = Field(description="Says that this is an activity.")
    starts_at: datetime = Field(description="When it starts.", examples=["2026-12-03T13:00:00Z"])
    ends_at: datetime = Field(description="When it ends.", examples=["2026-12-03T15:00:00Z"])
    time_zone: str = Field(
        description="The time zone in which to show the times, by its name in the tz database. Name it if it is not "
        "your readers' own.",
        examples=["Europe/Amsterdam"],
    )
    place: str = Field(description="Where it is; may be empty.", examples=["Utrecht"])
    is_online: bool = Field(description="Whether people can take part online.", examples=[False])
    audience: list[Audience] = Field(
        description="Whom it is for: members, the organisations in the partnerships, everybody. Empty if the page "
        "does not say."
    )
    registration: Registration = Field(
        description="Whether one can register now. `closed` by time, `full` by an editor; `none` if nobody has to."
    )
    series: ThemesSeries | None = Field(description="The series that the activity belongs to, if any.")

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the series and the state of registration."""
        return {
            "time_zone": page.zone.key,
            "registration": page.registration_at(context.now).value,
            "series": build_series(page.series_id, page=page, context=context),
        }


class ThemesActivityDetail(ThemesActivitySummary, PageDetail):
    """Something to take part in, in full."""

    not_in_markdown = frozenset({"registration", "online_url_for"})

    address: str = Field(
        description="The postal address of the place, in lines; may be empty.",
        examples=["Voorbeeldstraat 1\n3511 AA Utrecht"],
    )
    online_url: str = Field(
        description="The link to take part online, if everybody may see it; else empty.",
        examples=["https://meet.example.org/open-day"],
    )
    online_url_for: Literal["nobody", "registered", "everybody"] = Field(
        description="Who gets the link to take part online: `registered` people get it by other means."
    )
    people: list[ThemesActivityPerson] = Field(description="Hosts and speakers, in the editors' order; may be empty.")
    registration_url: str = Field(
        description="Where to register; may be empty.", examples=["https://example.org/register"]
    )
    registration_closes_at: datetime | None = Field(
        description="When registration closes, if that is before the start.", examples=["2026-12-01T11:00:00Z"]
    )
    report: PageRef | None = Field(description="The article that says what came out of it, if there is one.")

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return references to the pages of hosts, speakers and the report."""
        return References(pages=pages_of(page.listed_people) | (frozenset({page.report_id} - {None})))

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return what is public of the people, the link and the report."""
        people = build_people(page.listed_people, page, context)
        return super().extra(page=page, context=context) | {
            "online_url": page.public_online_url,
            "people": [ThemesActivityPerson(**dict(person), role=row.role) for row, person in people],
            "report": context.page(page.report_id, locale_id=page.locale_id),
        }

    def schema_org(self) -> Thing:
        """Return an event."""
        zone = zone_named(self.time_zone)
        in_place, online = bool(self.place or self.address), self.is_online
        hosts = [person_thing(person) for person in self.people if person.role == "host"]
        return {
            "@type": "Event",
            "startDate": self.starts_at.astimezone(zone).isoformat(),
            "endDate": self.ends_at.astimezone(zone).isoformat(),
            "eventStatus": "https://schema.org/EventScheduled",
            "eventAttendanceMode": _attendance(in_place=in_place, online=online),
            "location": _locations(self),
            "organizer": [organisation_ref(self), *hosts] if hosts else organisation_ref(self),
            "performer": [person_thing(person) for person in self.people if person.role == "speaker"],
            "audience": [{"@type": "Audience", "audienceType": AUDIENCE_TYPES[word]} for word in self.audience],
            "offers": _offer(self),
            "superEvent": series_thing(self.series, kind="EventSeries"),
            "subjectOf": {"@type": "Article", "name": self.report.title, "url": self.report.url}
            if self.report
            else None,
            "inLanguage": self.locale,
        }


AUDIENCE_TYPES = {"members": "members", "partnerships": "organisations in the partnerships", "public": "general public"}


def _attendance(*, in_place: bool, online: bool) -> str | None:
    words = {(True, True): "Mixed", (True, False): "Offline", (False, True): "Online"}
    word = words.get((in_place, online))
    return f"https://schema.org/{word}EventAttendanceMode" if word else None


def _locations(activity: ThemesActivityDetail) -> list[Thing]:
    """Return the place and the virtual place; a place without an address is its own address."""
    found: list[Thing] = []
    if activity.place or activity.address:
        address = ", ".join(activity.address.split("\n")) or activity.place
        found.append({"@type": "Place", "name": activity.place or address, "address": address})
    if activity.is_online:
        url = activity.online_url or activity.registration_url or activity.url
        found.append({"@type": "VirtualLocation", "url": url})
    return found


def _offer(activity: ThemesActivityDetail) -> Thing | None:
    """Return how to register while that is possible, or that it was (Google's Event: `offers.availability`)."""
    availability = {"open": "InStock", "full": "SoldOut"}.get(activity.registration)
    if not availability or not activity.registration_url:
        return None
    closes_at = activity.registration_closes_at
    return {
        "@type": "Offer",
        "url": activity.registration_url,
        "availability": f"https://schema.org/{availability}",
        **({"availabilityEnds": closes_at.isoformat()} if closes_at else {}),
    }
