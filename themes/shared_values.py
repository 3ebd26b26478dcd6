"""What articles and activities share in the Content API: their series, and the people who are named with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pydantic import Field
from wagtail.models import Page

from cms.api.context import BuildContext
from cms.api.json_ld import Thing
from cms.api.schemas import PageRef, Value
from themes.models import Series
from themes.models.person_row import PersonRow

Row = TypeVar("Row", bound=PersonRow)


class ThemesSeries(Value):
    """A series of articles and activities."""

    slug: str = Field(
        description="The series' slug, the same in all languages, as in `/pages?series=`.", examples=["learning-lab"]
    )
    name: str = Field(description="The series' name in the page's language.", examples=["Learning lab"])


class ThemesPerson(Value):
    """Somebody who wrote something or takes part: a team member with a page, or a guest."""

    name: str = Field(
        description="The person's name; empty for a guest of whom only the function is known.", examples=["Sam"]
    )
    function: str = Field(description="A guest's function; may be empty.", examples=["Programme adviser"])
    organisation: str = Field(description="A guest's organisation; may be empty.", examples=["A youth organisation"])
    page: PageRef | None = Field(description="The team member's page; a guest has none.")


def build_series(pk: int | None, *, page: Page, context: BuildContext) -> ThemesSeries | None:
    """Return the series with this key, named in the page's language; None if there is none."""
    series = context.once("themes.series", Series.load_names).get(pk) if pk else None
    return ThemesSeries(slug=series.slug, name=series.name_in(context.language(page))) if series else None


def pages_of(rows: Iterable[PersonRow]) -> frozenset[int]:
    """Return the keys of the members' pages."""
    return frozenset(row.member_id for row in rows if row.member_id)


def build_people(rows: Sequence[Row], page: Page, context: BuildContext) -> list[tuple[Row, ThemesPerson]]:
    """Return the rows with what the API says of each; without those whose page is not public."""
    found = []
    for row in rows:
        ref = context.page(row.member_id, locale_id=page.locale_id)
        if ref or not row.member_id:
            name = ref.title if ref else row.name
            person = ThemesPerson(name=name, function=row.function, organisation=row.organisation, page=ref)
            found.append((row, person))
    return found


def person_thing(person: ThemesPerson) -> Thing:
    """Return the person in the words of schema.org."""
    organisation = {"@type": "Organization", "name": person.organisation} if person.organisation else None
    thing = {
        "@type": "Person",
        "name": person.name or person.function,
        "jobTitle": person.function,
        "affiliation": organisation,
        "url": person.page.url if person.page else None,
    }
    return {name: value for name, value in thing.items() if value}


def series_thing(series: ThemesSeries | None, *, kind: str) -> Thing | None:
    """Return the series in the words of schema.org."""
    return {"@type": kind, "name": series.name} if series else None
