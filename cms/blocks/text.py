"""Running text."""

from __future__ import annotations

from html import unescape
from typing import Literal

from django.utils.functional import lazy
from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock
from cms.blocks.groups import WORDS
from cms.content.references import rich_text_references
from cms.plugins import BlockKind, StoredBlock


def _example_html() -> str:
    return format_html("<p>{}</p>", gettext("People who work on the same question meet here, and learn together."))


EXAMPLE_HTML = lazy(_example_html, str)()  # a paragraph for previews
SEEN_WITHOUT_WORDS = ("<figure", "<hr", "<img")
PLAIN_FEATURES = ["bold", "italic", "link", "document-link", "ol", "ul"]
FEATURES = [*PLAIN_FEATURES, "image", "embed"]


class TextBlock(BodyBlock):
    """Running text."""

    type: Literal["text"] = Field(description="Says that this is running text.")
    html: str = Field(
        description="Sanitised HTML, with links to pages as paths; the description of this API lists the tags.",
        examples=['<p>Read <a href="/en/team/">who we are</a>.</p>'],
    )


def form() -> blocks.RichTextBlock:
    return blocks.RichTextBlock(
        label=_("Text"),
        features=FEATURES,
        description=_("Paragraphs and lists, with links and pictures."),
        group=WORDS,
        preview_template="cms/block_preview.html",
        preview_value=EXAMPLE_HTML,
    )


def build(stored: StoredBlock, context: BuildContext) -> TextBlock | None:
    html = context.html(stored.value, locale_id=stored.locale_id)
    return TextBlock(id=stored.id, type="text", html=html) if shows_something(html) else None


def shows_something(html: str) -> bool:
    """Return whether there is anything to see: an empty paragraph is nothing."""
    return bool(unescape(strip_tags(html)).strip()) or any(tag in html for tag in SEEN_WITHOUT_WORDS)


TEXT = BlockKind(
    name="text",
    form=form,
    schema=TextBlock,
    build=build,
    template="cms/blocks/text.html",
    references=rich_text_references,
)
