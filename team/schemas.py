"""The team's page types in the Content API."""

from typing import Literal

from pydantic import Field

from cms.api.json_ld import organisation_ref
from cms.api.schemas import PageDetail, PageSummary


class TeamTeamSummary(PageSummary):
    """Where the team introduces itself."""

    type: Literal["team"] = Field(description="Says that this is the team's page.")


class TeamTeamDetail(TeamTeamSummary, PageDetail):
    """Where the team introduces itself, in full."""


class TeamPersonSummary(PageSummary):
    """A team member; the title is the name, the image the portrait."""

    type: Literal["person"] = Field(description="Says that this is a team member.")
    function: str = Field(description="What the person does in the team.", examples=["Facilitator"])


class TeamPersonDetail(TeamPersonSummary, PageDetail):
    """A team member, in full."""

    email: str = Field(description="The person's public e-mail address; may be empty.", examples=["sam@example.org"])

    def schema_org(self) -> dict[str, object]:
        """Return a person who works here."""
        return {
            "@type": "Person",
            "jobTitle": self.function,
            "email": self.email,
            "worksFor": organisation_ref(self),
        }
