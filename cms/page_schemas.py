"""The schemas of the core's own page types; like a plugin's, their names start with its name ("Cms")."""

from typing import Literal

from pydantic import Field

from cms.api.schemas import PageDetail, PageSummary


class CmsHomeSummary(PageSummary):
    """A language's front page."""

    type: Literal["home"] = Field(description="Says that this is a front page.")
    tagline: str = Field(description="The hub in one line; may be empty.", examples=["Room to try what might work"])


class CmsHomeDetail(CmsHomeSummary, PageDetail):
    """A language's front page, in full."""


class CmsRoleSummary(PageSummary):
    """One of the hub's roles."""

    type: Literal["role"] = Field(description="Says that this is about one of the hub's roles.")


class CmsRoleDetail(CmsRoleSummary, PageDetail):
    """One of the hub's roles, in full."""


class CmsPartnershipSummary(PageSummary):
    """The joint learning of the partnerships."""

    type: Literal["partnership"] = Field(description="Says that this is about the partnerships.")


class CmsPartnershipDetail(CmsPartnershipSummary, PageDetail):
    """The joint learning of the partnerships, in full."""
