"""A link shown as a button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Link
from cms.blocks.groups import LINKS
from cms.content.references import stored_keys
from cms.plugins import BlockKind, References, StoredBlock


class ButtonForm(blocks.StructBlock):
    label = blocks.CharBlock(label=_("Label"), max_length=80, help_text=_("Says where the button leads."))
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address"), required=False)

    class Meta:
        icon = "link"
        label = _("Button")
        description = _("A link that stands out, to a page or to another site.")
        group = LINKS
        preview_template = "cms/block_preview.html"
        preview_value = {"label": _("See the programme"), "page": None, "url": "https://example.org/"}

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if bool(cleaned["page"]) == bool(cleaned["url"]):
            both, neither = _("Choose a page or enter an address, not both."), _("Choose a page or enter an address.")
            raise blocks.StructBlockValidationError(non_block_errors=[both if cleaned["page"] else neither])
        return cleaned


class ButtonBlock(BodyBlock):
    """A link shown as a button."""

    type: Literal["button"] = Field(description="Says that this is a button.")
    label: str = Field(description="The text on the button.", examples=["Join us"])
    link: Link = Field(description="Where the button leads.")


def build(stored: StoredBlock, context: BuildContext) -> ButtonBlock | None:
    target = context.page(stored.value.get("page"), locale_id=stored.locale_id)
    href = target.path if target else stored.value.get("url")
    if not href:
        return None
    return ButtonBlock(id=stored.id, type="button", label=stored.value["label"], link=Link(href=href, page=target))


def references(value: Mapping[str, object]) -> References:
    return References(pages=stored_keys([value.get("page")]))


BUTTON = BlockKind(
    name="button",
    form=ButtonForm,
    schema=ButtonBlock,
    build=build,
    template="cms/blocks/button.html",
    references=references,
)
