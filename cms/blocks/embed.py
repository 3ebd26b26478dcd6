"""Content from another site."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail.embeds.blocks import EmbedBlock as EmbedForm

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Embed
from cms.blocks.groups import PICTURES
from cms.plugins import BlockKind, References, StoredBlock


class EmbedBlock(BodyBlock):
    """Content from another site."""

    type: Literal["embed"] = Field(description="Says that this is content from another site.")
    embed: Embed = Field(description="What it is and where it is.")


def form() -> EmbedForm:
    words = _("The address of a video or a post at a provider, such as YouTube or Vimeo.")
    return EmbedForm(label=_("Embed"), help_text=words, description=words, group=PICTURES)


def build(stored: StoredBlock, context: BuildContext) -> EmbedBlock | None:
    embed = context.embed(stored.value)
    return EmbedBlock(id=stored.id, type="embed", embed=embed) if embed else None


def references(value: str) -> References:
    return References(embeds=frozenset({value} - {""}))


EMBED = BlockKind(
    name="embed", form=form, schema=EmbedBlock, build=build, template="cms/blocks/embed.html", references=references
)
