"""What the team adds to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from cms.plugins import PageFilter, PageType, Plugin, StoryCard
from team.people import PEOPLE
from team.schemas import TeamPersonDetail, TeamPersonSummary, TeamTeamDetail, TeamTeamSummary

if TYPE_CHECKING:
    from team.models import PersonPage


def person_facts(page: PersonPage) -> dict[str, str]:
    """Return what a newsletter's card says about a person besides name and teaser."""
    return {"function": page.function}


def person_link(page: PersonPage) -> str:
    """Return the text of the link to a person in a newsletter, in the active language."""
    return _("Meet %(name)s") % {"name": page.title}


IsFormer = Annotated[bool, Field(examples=[False])]

plugin = Plugin(
    name="team",
    contract=2,
    content=("hub_team.PersonLink",),
    pages=(
        PageType(model="hub_team.TeamPage", type="team", summary=TeamTeamSummary, detail=TeamTeamDetail),
        PageType(
            model="hub_team.PersonPage",
            type="person",
            summary=TeamPersonSummary,
            detail=TeamPersonDetail,
            filters=(
                PageFilter(
                    name="former",
                    lookup="is_former",
                    annotation=IsFormer,
                    description="Team members who have left (`true`), or those who have not (`false`).",
                ),
            ),
        ),
    ),
    story_cards=(
        StoryCard(
            type="person",
            section="people",
            mjml="team/mail/person.mjml",
            text="team/mail/person.txt",
            facts=person_facts,
            link_text=person_link,
        ),
    ),
    blocks=(PEOPLE,),
)
