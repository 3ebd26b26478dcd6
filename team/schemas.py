"""The team's page types in the Content API."""

from typing import Literal

from pydantic import Field
from wagtail.models import Page

from cms.api.context import BuildContext
from cms.api.json_ld import organisation_ref
from cms.api.schemas import NamedLink, PageDetail, PageSummary


class TeamTeamSummary(PageSummary):
    """Where the team introduces itself."""

    type: Literal["team"] = Field(description="Says that this is the team's page.")


class TeamTeamDetail(TeamTeamSummary, PageDetail):
    """Where the team introduces itself, in full."""


class TeamPersonSummary(PageSummary):
    """A team member; the title is the name, the image the portrait."""

    type: Literal["person"] = Field(description="Says that this is a team member.")
    function: str = Field(description="What the person does in the team.", examples=["Facilitator"])
    is_former: bool = Field(description="Whether the person has left the team.", examples=[False])


class TeamPersonDetail(TeamPersonSummary, PageDetail):
    """A team member, in full."""

    email: str = Field(
        description="The person's e-mail address, if the person shows it; else empty.", examples=["sam@example.org"]
    )
    phone: str = Field(
        description="The person's phone number, if the person shows it; else empty.", examples=["+31 20 123 45 67"]
    )
    links: list[NamedLink] = Field(description="Links to other websites, in the editors' order; may be empty.")

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:  # noqa: ARG003 - nothing to look up
        """Return the links, and the ways to get in touch that the person shows."""
        links = [NamedLink(text=link.text, url=link.url) for link in page.listed_links]
        return {"email": page.public_email, "phone": page.public_phone, "links": links}

    def schema_org(self) -> dict[str, object]:
        """Return a person who works here, or did."""
        return {
            "@type": "Person",
            "jobTitle": self.function,
            "email": self.email,
            "telephone": self.phone,
            "sameAs": [link.url for link in self.links],
            "alumniOf" if self.is_former else "worksFor": organisation_ref(self),
        }
