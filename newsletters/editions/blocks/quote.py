"""Words that stand out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from cms.blocks.quote import QuoteBlock
from cms.plugins import IssueBlockKind, KeptBlock, ToldBlock
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import LoadedPages


class QuoteRow(InLanguageBlock):
    """A quotation in one language."""

    quote = blocks.TextBlock(label=_("Quote"), max_length=600, required=False, rows=2)
    attribution = blocks.CharBlock(label=_("Who said it, or where it stands"), max_length=160, required=False)


class QuoteForm(blocks.StructBlock):
    """Words that stand out."""

    texts = WordsBlock(QuoteRow(), label=_("Words"))

    class Meta:
        icon = "openquote"
        label = _("Quote")
        group = OWN


def tell(value: Any, loaded: LoadedPages) -> ToldBlock:
    """Tell the quotation and whose it is."""
    row = loaded.words_of(value, needed="quote")
    return ToldBlock(kept={"text": row["quote"], "attribution": row["attribution"]})


def show(kept: KeptBlock) -> QuoteBlock:
    """Show it as it was."""
    return QuoteBlock(**kept.words("text", "attribution"))


QUOTE = IssueBlockKind(
    name="quote",
    form=QuoteForm,
    tell=tell,
    schema=QuoteBlock,
    show=show,
    mjml="newsletters/mail/blocks/quote.mjml",
    text="newsletters/mail/blocks/quote.txt",
)
