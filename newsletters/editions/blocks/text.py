"""Text of the editor's own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from cms.blocks.text import TextBlock
from cms.plugins import IssueBlockKind, KeptBlock, LeftOut, ToldBlock
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import NO_WORDS, LoadedPages
from newsletters.editions.notices import lost_link_notices
from newsletters.editions.words.directions import with_directions
from newsletters.editions.words.safety import is_visible


class TextRow(InLanguageBlock):
    """Running text in one language."""

    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "link", "ol", "ul"], required=False)


class TextForm(blocks.StructBlock):
    """Text of the editor's own."""

    texts = WordsBlock(TextRow(), label=_("Words"))

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        group = OWN


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    """Return the text as a mail can hold it, with a notice for each link that cannot work."""
    source = loaded.words_of(value, needed="text")["text"].source
    told = loaded.rich_text(source)
    if not is_visible(told.text):
        raise LeftOut(NO_WORDS)
    return ToldBlock(
        kept={"html": source},
        shown={"html": with_directions(told.html), "text": told.text},
        notices=tuple(lost_link_notices(told.lost)),
    )


def show(kept: KeptBlock) -> TextBlock | None:
    """Return the text, with links to what is public now."""
    return TextBlock(**kept.words(), html=kept.html) if kept.html else None


TEXT = IssueBlockKind(
    name="text",
    form=TextForm,
    tell=tell,
    schema=TextBlock,
    show=show,
    mjml="newsletters/mail/blocks/text.mjml",
    text="newsletters/mail/blocks/text.txt",
)
