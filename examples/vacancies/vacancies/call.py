"""A call to apply before a deadline: a block for the bodies of pages, and one for newsletter issues."""

from __future__ import annotations

from datetime import date
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.plugins import BlockKind, IssueBlockKind, KeptBlock, StoredBlock, ToldBlock
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import LoadedPages


class VacanciesCallBlock(BodyBlock):
    """A call to apply."""

    type: Literal["call"] = Field(description="Says that this is a call to apply.")
    words: str = Field(description="Who is wanted.", examples=["We are looking for a facilitator."])
    until: date = Field(description="The last day to apply.", examples=["2026-12-18"])


class CallForm(blocks.StructBlock):
    """The form on a page, which has one language."""

    words = blocks.CharBlock(label=_("Who is wanted"), max_length=160)
    until = blocks.DateBlock(label=_("Until"))

    class Meta:
        icon = "user"
        label = _("Call to apply")


def build(stored: StoredBlock, _context: BuildContext) -> VacanciesCallBlock:
    return VacanciesCallBlock(id=stored.id, type="call", words=stored.value["words"], until=stored.value["until"])


class CallRow(InLanguageBlock):
    """The words in one language."""

    words = blocks.CharBlock(label=_("Who is wanted"), max_length=160, required=False)


class IssueCallForm(blocks.StructBlock):
    """The form in an issue, which has several languages."""

    until = blocks.DateBlock(label=_("Until"))
    texts = WordsBlock(CallRow(), label=_("Words"))

    class Meta:
        icon = "user"
        label = _("Call to apply")
        group = OWN


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    words, until = loaded.words_of(value, needed="words")["words"], value["until"]
    return ToldBlock(kept={"words": words, "until": until.isoformat()}, shown={"words": words, "until": until})


def show(kept: KeptBlock) -> VacanciesCallBlock:
    return VacanciesCallBlock(**kept.words("words", "until"))


TEMPLATE = "vacancies/call.html"
CALL = BlockKind(name="call", form=CallForm, schema=VacanciesCallBlock, build=build, template=TEMPLATE)
ISSUE_CALL = IssueBlockKind(
    name="call",
    form=IssueCallForm,
    tell=tell,
    schema=VacanciesCallBlock,
    show=show,
    template=TEMPLATE,
)
