"""A block that shows members of the team: those whom an editor chose, or all."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.content.queries import load_specific, public_pages
from cms.content.references import stored_items, stored_key, stored_keys
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue
from team.models import PersonPage
from team.schemas import TeamPersonSummary

MOST = 60


class PeopleForm(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), required=False, default="", max_length=120)
    everyone = blocks.BooleanBlock(
        label=_("All current team members"), required=False, help_text=_("Who comes or goes is shown by itself.")
    )
    people = blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Team member"), page_type="hub_team.PersonPage"),
        label=_("Or these team members"),
        default=[],
        max_num=MOST,
    )

    class Meta:
        icon = "group"
        label = _("People")
        description = _("Team members with their portrait and what they do.")
        group = _("From this site")
        preview_template = "cms/block_preview.html"
        preview_value = {"title": "", "everyone": True, "people": []}

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if bool(cleaned["everyone"]) == bool(len(cleaned["people"])):
            both, neither = _("Choose team members or all, not both."), _("Choose team members, or all.")
            raise blocks.StructBlockValidationError(non_block_errors=[both if cleaned["everyone"] else neither])
        return cleaned


class TeamPeopleBlock(BodyBlock):
    """Members of the team."""

    type: Literal["people"] = Field(description="Says that these are members of the team.")
    title: str = Field(description="The title of the section; may be empty.", examples=["Ask us"])
    people: list[TeamPersonSummary] = Field(
        description="The people, in the editor's order or in that of the team; at least one."
    )


def build(stored: StoredBlock, context: BuildContext) -> TeamPeopleBlock | None:
    pages = (
        _everyone(context, locale_id=stored.locale_id)
        if stored.value.get("everyone")
        else _chosen(stored.value, context, locale_id=stored.locale_id)
    )
    people = [TeamPersonSummary.build(page=page, context=context) for page in pages]
    if not people:
        return None
    return TeamPeopleBlock(id=stored.id, type="people", title=stored.value.get("title") or "", people=people)


def _chosen(value: StoredValue, context: BuildContext, *, locale_id: int) -> list[PersonPage]:
    keys = (stored_key(key) for key in stored_items(value.get("people")))
    found = (context.card_page(key, locale_id=locale_id) for key in keys)
    return [page for page in found if isinstance(page, PersonPage)]


def _everyone(context: BuildContext, *, locale_id: int) -> list[PersonPage]:
    """Return all public team members in a language, in the order of the pages."""

    def load() -> list[PersonPage]:
        public = public_pages(site=context.site, now=context.now).exact_type(PersonPage)
        found = load_specific(
            public.filter(locale=locale_id).order_by("path")[:MOST], models=[PersonPage], bodies=False
        )
        people = [page for page in found if isinstance(page, PersonPage)]
        context.adopt(people)
        return people

    return context.once(f"team.everyone.{locale_id}", load)


def references(value: StoredValue) -> References:
    if value.get("everyone"):
        return References()
    return References(cards=stored_keys(stored_items(value.get("people"))))


PEOPLE = BlockKind(
    name="people",
    form=PeopleForm,
    schema=TeamPeopleBlock,
    build=build,
    template="team/people.html",
    references=references,
)
