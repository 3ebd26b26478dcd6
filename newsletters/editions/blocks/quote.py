"""A quotation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from cms.blocks.quote import QuoteBlock
from cms.plugins import IssueBlockKind, KeptBlock, ToldBlock
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import LoadedPages


class QuoteRow(InLanguageBlock):
    """A quotation in one language."""

    quote = blocks.TextBlock(label=_("Quote"), max_length=600, required=False, rows=2)
    attribution = blocks.CharBlock(label=_("Who said it, or where it is from"), max_length=160, required=False)


class QuoteForm(blocks.StructBlock):
    """A quotation."""

    texts = WordsBlock(QuoteRow(), label=_("Words"))

    class Meta:
        icon = "openquote"
        label = _("Quote")
        group = OWN


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    """Return the quotation and its attribution."""
    row = loaded.words_of(value, needed="quote")
    return ToldBlock(kept={"text": row["quote"], "attribution": row["attribution"]})


def show(kept: KeptBlock) -> QuoteBlock:
    """Return the quotation."""
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
