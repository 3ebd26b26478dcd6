"""A note, a tip or a warning, set apart from the text."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.blocks.groups import WORDS
from cms.blocks.text import EXAMPLE_HTML, PLAIN_FEATURES, shows_something
from cms.content.references import rich_text_references
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue

CalloutKind = Literal["note", "tip", "warning"]
KINDS: dict[str, CalloutKind] = {"note": "note", "tip": "tip", "warning": "warning"}


class CalloutForm(blocks.StructBlock):
    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[("note", _("Good to know")), ("tip", _("Tip")), ("warning", _("Warning"))],
        default="note",
        search_index=False,
    )
    title = blocks.CharBlock(label=_("Title"), required=False, default="", max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=PLAIN_FEATURES)

    class Meta:
        icon = "info-circle"
        label = _("Callout")
        label_format = "{title}"
        description = _("A note, a tip or a warning, set apart from the text.")
        group = WORDS
        preview_template = "cms/block_preview.html"
        preview_value = {"kind": "tip", "title": _("Bring a question"), "text": EXAMPLE_HTML}


class CalloutBlock(BodyBlock):
    """A note, a tip or a warning, set apart from the text."""

    type: Literal["callout"] = Field(description="Says that this is a callout.")
    kind: CalloutKind = Field(description="How it is meant.", examples=["tip"])
    title: str = Field(description="The title; may be empty.", examples=["Bring a question"])
    html: str = Field(
        description="The text, as sanitised HTML.", examples=["<p>Any question from your own work will do.</p>"]
    )


def build(stored: StoredBlock, context: BuildContext) -> CalloutBlock | None:
    title = stored.value.get("title") or ""
    html = context.html(stored.value.get("text") or "", locale_id=stored.locale_id)
    if not title and not shows_something(html):
        return None
    kind = KINDS.get(stored.value.get("kind"), "note")
    return CalloutBlock(id=stored.id, type="callout", kind=kind, title=title, html=html)


def references(value: StoredValue) -> References:
    return rich_text_references(value.get("text") or "")


CALLOUT = BlockKind(
    name="callout",
    form=CalloutForm,
    schema=CalloutBlock,
    build=build,
    template="cms/blocks/callout.html",
    references=references,
)
