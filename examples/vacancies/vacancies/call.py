"""A call to apply, until a day: a block for the bodies of pages, and one for issues of a newsletter."""

from __future__ import annotations

from datetime import date
from typing import Literal

from django.utils.formats import date_format
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
    words: str = Field(description="Who is wanted.", examples=["We look for a facilitator."])
    until: date = Field(description="Until when one can apply.", examples=["2026-12-18"])


class CallForm(blocks.StructBlock):
    """On a page, which has one language."""

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
    """In an issue, which has several."""

    until = blocks.DateBlock(label=_("Until"))
    texts = WordsBlock(CallRow(), label=_("Words"))

    class Meta:
        icon = "user"
        label = _("Call to apply")
        group = OWN


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    words = loaded.words_of(value, needed="words")["words"]
    return ToldBlock(
        kept={"words": words, "until": value["until"].isoformat()},
        shown={"words": words, "until": date_format(value["until"], "j F Y")},
    )


def show(kept: KeptBlock) -> VacanciesCallBlock:
    return VacanciesCallBlock(**kept.words("words", "until"))


CALL = BlockKind(
    name="call", form=CallForm, schema=VacanciesCallBlock, build=build, template="vacancies/blocks/call.html"
)
ISSUE_CALL = IssueBlockKind(
    name="call",
    form=IssueCallForm,
    tell=tell,
    schema=VacanciesCallBlock,
    show=show,
    mjml="vacancies/mail/call.mjml",
    text="vacancies/mail/call.txt",
)
