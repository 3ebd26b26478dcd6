"""A short line between two parts."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.values import BodyBlock
from cms.plugins import IssueBlockKind, KeptBlock, ToldBlock
from newsletters.editions.blocks.rows import OWN
from newsletters.editions.loaded_pages import LoadedPages


class DividerForm(blocks.StaticBlock):
    """A short line between two parts."""

    class Meta:
        icon = "minus"
        label = _("Divider")
        admin_text = _("A short line between two parts.")
        group = OWN


class NewslettersDividerBlock(BodyBlock):
    """A short line between two parts."""

    type: Literal["divider"] = Field(description="Says that this is a divider.")


def tell(_value: object, _loaded: LoadedPages) -> ToldBlock:
    """Return a block without words."""
    return ToldBlock(kept={})


def show(kept: KeptBlock) -> NewslettersDividerBlock:
    """Return the divider."""
    return NewslettersDividerBlock(**kept.words())


DIVIDER = IssueBlockKind(
    name="divider",
    form=DividerForm,
    tell=tell,
    schema=NewslettersDividerBlock,
    show=show,
    mjml="newsletters/mail/blocks/divider.mjml",
    text="newsletters/mail/blocks/divider.txt",
    is_rule=True,
)
