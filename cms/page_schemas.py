"""The schemas of the core's own page types; like a plugin's, their names start with its name ("Cms")."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from cms.api.json_ld import Thing, organisation_ref
from cms.api.schemas import FieldValues, PageDetail, PageRef, PageSummary, Value
from cms.content.references import rich_text_references
from cms.content.site_tree import structure
from cms.plugins import References

if TYPE_CHECKING:
    from cms.api.context import BuildContext
    from cms.models import HomePage, PartnershipPage, RolePage


JoinGroup = Literal["members", "partners", "public"]


class CmsHomeSummary(PageSummary):
    """A language's front page."""

    type: Literal["home"] = Field(description="Says that this is a front page.")
    tagline: str = Field(description="The hub in one line; may be empty.", examples=["Room to try what might work"])


class CmsStrategy(Value):
    """One of the ways in which the hub works."""

    title: str = Field(description="The strategy's name.", examples=["Connecting"])
    text: str = Field(
        description="What it is, as plain text; may be empty.",
        examples=["We bring people together who share a question."],
    )
    page: PageRef | None = Field(description="The page that tells more, if there is a public one.")


class CmsReason(Value):
    """A point in the case for civil society."""

    title: str = Field(description="The point in a few words.", examples=["Citizens organise through them"])
    text: str = Field(
        description="The point at more length, as plain text; may be empty.",
        examples=["Around employment conditions, the environment or human rights."],
    )


class CmsHomeDetail(CmsHomeSummary, PageDetail):
    """A language's front page, in full."""

    parts_template: ClassVar[str] = "cms/parts/home.html"

    introduction: str = Field(
        description="Who the hub is, as sanitised HTML; may be empty.",
        examples=["<p>Here development organisations learn together.</p>"],
    )
    area_served: str = Field(
        description="Where the hub works; may be empty.", examples=["The Netherlands and the Global South"]
    )
    strategies: list[CmsStrategy] = Field(description="How the hub works, in the editor's order.")
    reasons: list[CmsReason] = Field(description="Why civil society matters, point by point, in the editor's order.")

    @classmethod
    def references(cls, *, page: HomePage) -> References:
        """Return what the introduction links to, and the strategies' pages."""
        keys = frozenset({strategy.page_id for strategy in page.strategies.all()} - {None})
        return rich_text_references(page.introduction) | References(pages=keys)

    @classmethod
    def extra(cls, *, page: HomePage, context: BuildContext) -> FieldValues:
        """Return the introduction, the strategies and the reasons."""
        locale_id = page.locale_id
        return {
            "introduction": context.html(page.introduction, locale_id=locale_id),
            "strategies": [
                CmsStrategy(
                    title=strategy.title,
                    text=strategy.text,
                    page=context.page(strategy.page_id, locale_id=locale_id),
                )
                for strategy in page.strategies.all()
                if strategy.title
            ],
            "reasons": [
                CmsReason(title=reason.title, text=reason.text) for reason in page.reasons.all() if reason.title
            ],
        }

    def organisation_facts(self) -> Thing:
        """Return the tagline, where the organisation works, and the themes that it knows about."""
        themes = structure().themes.values()
        return {
            "url": self.url,
            "slogan": self.tagline,
            "description": self.summary,
            "areaServed": self.area_served,
            "knowsAbout": [theme.name_in(self.locale) for theme in themes],
        }


class CmsRoleSummary(PageSummary):
    """One of the hub's roles."""

    type: Literal["role"] = Field(description="Says that this is about one of the hub's roles.")


class CmsStep(Value):
    """A step of a role's work."""

    name: str = Field(description="The step's name.", examples=["Prototype"])
    text: str = Field(
        description="What happens in it, as plain text; may be empty.", examples=["A first version that may fail."]
    )


class CmsRoleDetail(CmsRoleSummary, PageDetail):
    """One of the hub's roles, in full."""

    parts_template: ClassVar[str] = "cms/parts/role.html"

    what_we_do: str = Field(
        description="What the hub does in this role, as sanitised HTML; may be empty.",
        examples=["<p>We look for topics that are worth learning about together.</p>"],
    )
    steps: list[CmsStep] = Field(description="The steps, from the first to the last; none if there is no fixed order.")
    examples: list[PageRef] = Field(description="Public articles and activities that show the role at work.")

    @classmethod
    def references(cls, *, page: RolePage) -> References:
        """Return what the text links to, and the examples."""
        keys = frozenset({example.page_id for example in page.examples.all()} - {None})
        return rich_text_references(page.what_we_do) | References(pages=keys)

    @classmethod
    def extra(cls, *, page: RolePage, context: BuildContext) -> FieldValues:
        """Return the text, the steps and the examples."""
        keys = [example.page_id for example in page.examples.all()]
        return {
            "what_we_do": context.html(page.what_we_do, locale_id=page.locale_id),
            "steps": [CmsStep(name=step.name, text=step.text) for step in page.steps.all() if step.name],
            "examples": context.pages(keys, locale_id=page.locale_id),
        }

    def schema_org(self) -> Thing:
        """Return a service of the organisation."""
        return {"@type": "Service", "provider": organisation_ref(self)}


class CmsPartnershipSummary(PageSummary):
    """The joint learning of the partnerships."""

    type: Literal["partnership"] = Field(description="Says that this is about the partnerships.")


class CmsProgramme(Value):
    """A programme of partnerships."""

    name: str = Field(description="The programme's name.", examples=["Power of Voices"])
    year_from: int | None = Field(description="The year in which it starts, if known.", examples=[2021])
    year_to: int | None = Field(description="The last year in which it runs, if known.", examples=[2025])
    framework: str = Field(
        description="The ministry's framework that finances it; may be empty.",
        examples=["Subsidy Framework for Strengthening Civil Society"],
    )
    url: str = Field(
        description="The address of a page elsewhere that tells more; may be empty.",
        examples=["https://example.org/power-of-voices"],
    )


class CmsWhoMayJoin(Value):
    """Who may join the joint learning."""

    groups: list[JoinGroup] = Field(
        description="All groups that may join, in this order: `members` of the organisation, `partners` (non-members "
        "that take part in one of the partnerships), the `public`.",
        examples=[["members", "partners"]],
    )
    text: str = Field(
        description="How somebody joins, as plain text; may be empty.", examples=["Send us a mail, and come."]
    )


class CmsAdvisoryMember(Value):
    """A seat in the advisory group."""

    name: str = Field(description="The organisation or partnership.", examples=["Partnership for open budgets"])


class CmsPartnershipDetail(CmsPartnershipSummary, PageDetail):
    """The joint learning of the partnerships, in full."""

    parts_template: ClassVar[str] = "cms/parts/partnership.html"

    programmes: list[CmsProgramme] = Field(description="The programmes, in the editor's order.")
    who_may_join: CmsWhoMayJoin = Field(description="Who may join.")
    advisory_group: list[CmsAdvisoryMember] = Field(description="Who sits in the advisory group.")
    how_the_agenda_is_set: str = Field(
        description="How the agenda is set, as sanitised HTML; may be empty.",
        examples=["<p>The advisory group decides twice a year.</p>"],
    )

    @classmethod
    def references(cls, *, page: PartnershipPage) -> References:
        """Return what the text on the agenda links to."""
        return rich_text_references(page.how_the_agenda_is_set)

    @classmethod
    def extra(cls, *, page: PartnershipPage, context: BuildContext) -> FieldValues:
        """Return the programmes, who may join, and the advisory group."""
        groups: dict[JoinGroup, bool] = {
            "members": page.open_to_members,
            "partners": page.open_to_partners,
            "public": page.open_to_public,
        }
        names = ("name", "year_from", "year_to", "framework", "url")
        return {
            "programmes": [
                CmsProgramme(**{name: getattr(programme, name) for name in names})
                for programme in page.programmes.all()
                if programme.name
            ],
            "who_may_join": CmsWhoMayJoin(
                groups=[group for group, is_open in groups.items() if is_open], text=page.joining_note
            ),
            "advisory_group": [
                CmsAdvisoryMember(name=member.name) for member in page.advisory_group.all() if member.name
            ],
            "how_the_agenda_is_set": context.html(page.how_the_agenda_is_set, locale_id=page.locale_id),
        }

    def schema_org(self) -> Thing:
        """Return a joint undertaking of this organisation."""
        return {
            "@type": "Project",
            "parentOrganization": organisation_ref(self),
            "keywords": [theme.name for theme in self.cross_cutting],
        }
