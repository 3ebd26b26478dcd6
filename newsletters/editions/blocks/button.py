"""A link shown as a button."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from cms.api.values import Link
from cms.blocks.button import ButtonBlock
from cms.plugins import IssueBlockKind, KeptBlock, LeftOut, ToldBlock
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import NOT_PUBLIC, LoadedPages


class ButtonRow(InLanguageBlock):
    """A button's text in one language."""

    label = blocks.CharBlock(
        label=_("Label"), max_length=80, required=False, help_text=_("Says where the button leads.")
    )


class ButtonForm(blocks.StructBlock):
    """A link shown as a button; a link to a page leads to its translation."""

    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address"), required=False)
    texts = WordsBlock(ButtonRow(), label=_("Words"))

    class Meta:
        icon = "link"
        label = _("Button")
        group = OWN

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        leads_to_both = cleaned["page"] and cleaned["url"]
        leads_nowhere = not self.is_deferred_validation and not cleaned["page"] and not cleaned["url"]
        if leads_to_both or leads_nowhere:
            both, neither = _("Choose a page or enter an address, not both."), _("Choose a page or enter an address.")
            raise blocks.StructBlockValidationError(non_block_errors=[both if leads_to_both else neither])
        return cleaned


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    """Return the text and where it leads in this language."""
    row = loaded.words_of(value, needed="label")
    page = loaded.page(value["page"])
    if value["page"] and page is None:
        raise LeftOut(NOT_PUBLIC)
    url = page.full_url if page else value["url"]
    if not url or urlsplit(url).scheme not in {"http", "https"}:
        raise LeftOut(_("it leads nowhere"))
    key = value["page"].pk if value["page"] else None
    return ToldBlock(
        kept={"label": row["label"], "page": key, "url": value["url"]}, shown={"label": row["label"], "url": url}
    )


def show(kept: KeptBlock) -> ButtonBlock | None:
    """Return the button if its target is public."""
    href = kept.page.path if kept.page else kept.value["url"]
    return ButtonBlock(**kept.words("label"), link=Link(href=href, page=kept.page)) if href else None


BUTTON = IssueBlockKind(
    name="button",
    form=ButtonForm,
    tell=tell,
    schema=ButtonBlock,
    show=show,
    mjml="newsletters/mail/blocks/button.mjml",
    text="newsletters/mail/blocks/button.txt",
)
