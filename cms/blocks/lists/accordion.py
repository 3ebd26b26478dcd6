"""Questions whose answers open when they are asked for."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Value
from cms.blocks.groups import PARTS
from cms.blocks.text import EXAMPLE_HTML, PLAIN_FEATURES, shows_something
from cms.content.references import rich_text_references, stored_items
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue


class QuestionForm(blocks.StructBlock):
    question = blocks.CharBlock(label=_("Question"), max_length=200)
    answer = blocks.RichTextBlock(label=_("Answer"), features=PLAIN_FEATURES)

    class Meta:
        icon = "help"
        label = _("Question")
        label_format = "{question}"


class AccordionForm(blocks.StructBlock):
    items = blocks.ListBlock(QuestionForm(), label=_("Questions"), min_num=1)

    class Meta:
        icon = "collapse-down"
        label = _("Questions and answers")
        description = _("Questions whose answers open when they are asked for.")
        group = PARTS
        preview_template = "cms/block_preview.html"
        preview_value = {
            "items": [
                {"question": _("Who may come?"), "answer": EXAMPLE_HTML},
                {"question": _("What does it cost?"), "answer": EXAMPLE_HTML},
            ]
        }


class AccordionItem(Value):
    """A question and its answer."""

    question: str = Field(description="The question: what is always shown.", examples=["Who may come?"])
    html: str = Field(description="The answer, as sanitised HTML.", examples=["<p>Whoever has a question.</p>"])


class AccordionBlock(BodyBlock):
    """Questions whose answers open when they are asked for."""

    type: Literal["accordion"] = Field(description="Says that these are questions and answers.")
    items: list[AccordionItem] = Field(description="The questions, in the editor's order; at least one.")


def build(stored: StoredBlock, context: BuildContext) -> AccordionBlock | None:
    found = [
        AccordionItem(
            question=item.get("question") or "",
            html=context.html(item.get("answer") or "", locale_id=stored.locale_id),
        )
        for item in stored_items(stored.value.get("items"))
    ]
    items = [item for item in found if item.question and shows_something(item.html)]
    return AccordionBlock(id=stored.id, type="accordion", items=items) if items else None


def references(value: StoredValue) -> References:
    answers = (rich_text_references(item.get("answer") or "") for item in stored_items(value.get("items")))
    return reduce(or_, answers, References())


ACCORDION = BlockKind(
    name="accordion",
    form=AccordionForm,
    schema=AccordionBlock,
    build=build,
    template="cms/blocks/accordion.html",
    references=references,
)
