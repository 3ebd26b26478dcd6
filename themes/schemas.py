"""The themes' page types in the Content API."""

from datetime import datetime
from typing import ClassVar, Literal

from django.utils.timezone import localtime
from pydantic import Field
from wagtail.models import Page

from cms.api.context import BuildContext
from cms.api.json_ld import creative_work, organisation_ref
from cms.api.schemas import PageDetail, PageRef, PageSummary
from cms.content.references import rich_text_references
from cms.plugins import References


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


class ThemesArticleSummary(PageSummary):
    """News or background on a theme."""

    type: Literal["article"] = Field(description="Says that this is an article.")


class ThemesArticleDetail(ThemesArticleSummary, PageDetail):
    """News or background on a theme, in full."""

    def schema_org(self) -> dict[str, object]:
        """Return an article."""
        return {**creative_work(self), "@type": "Article"}


class ThemesActivitySummary(PageSummary):
    """Something to take part in."""

    type: Literal["activity"] = Field(description="Says that this is an activity.")
    starts_at: datetime = Field(description="When it starts.", examples=["2026-12-03T13:00:00Z"])
    ends_at: datetime = Field(description="When it ends.", examples=["2026-12-03T15:00:00Z"])
    place: str = Field(description="Where it is; may be empty.", examples=["Utrecht"])
    is_online: bool = Field(description="Whether people can take part online.", examples=[False])


class ThemesActivityDetail(ThemesActivitySummary, PageDetail):
    """Something to take part in, in full."""

    registration_url: str = Field(
        description="Where to register; may be empty.", examples=["https://example.org/register"]
    )

    def schema_org(self) -> dict[str, object]:
        """Return an event."""
        place = {"@type": "Place", "name": self.place, "address": self.place} if self.place else None
        online = {"@type": "VirtualLocation", "url": self.registration_url or self.url} if self.is_online else None
        return {
            "@type": "Event",
            "startDate": localtime(self.starts_at).isoformat(),
            "endDate": localtime(self.ends_at).isoformat(),
            "eventStatus": "https://schema.org/EventScheduled",
            "eventAttendanceMode": _attendance(in_place=bool(place), online=bool(online)),
            "location": [location for location in (place, online) if location],
            "organizer": organisation_ref(self),
            "inLanguage": self.locale,
        }


def _attendance(*, in_place: bool, online: bool) -> str | None:
    words = {(True, True): "Mixed", (True, False): "Offline", (False, True): "Online"}
    word = words.get((in_place, online))
    return f"https://schema.org/{word}EventAttendanceMode" if word else None
