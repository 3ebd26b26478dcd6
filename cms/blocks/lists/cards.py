"""Cards beside each other: a title, a few words, and where to go on."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Image, Link, Value
from cms.blocks.groups import PARTS
from cms.blocks.picture import OptionalPictureForm, build_picture, picture_references
from cms.content.references import stored_items, stored_key, stored_keys
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue

Columns = Literal[2, 3]


class CardForm(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = blocks.TextBlock(label=_("Text"), required=False, default="", max_length=400, rows=3)
    picture = OptionalPictureForm(label=_("Picture"), required=False)
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address"), required=False)
    link_text = blocks.CharBlock(
        label=_("Link text"), required=False, default="", max_length=80, help_text=_("Says where the link leads.")
    )

    class Meta:
        icon = "doc-empty"
        label = _("Card")
        label_format = "{title}"

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        has_link = bool(cleaned["page"] or cleaned["url"])
        if cleaned["page"] and cleaned["url"]:
            both = ValidationError(_("Choose a page or enter an address, not both."))
            raise blocks.StructBlockValidationError(block_errors={"url": both})
        if has_link and not cleaned["link_text"]:
            silent = ValidationError(_("Say where the link leads."))
            raise blocks.StructBlockValidationError(block_errors={"link_text": silent})
        if cleaned["link_text"] and not has_link:
            nowhere = ValidationError(_("Choose a page or enter an address."))
            raise blocks.StructBlockValidationError(block_errors={"page": nowhere})
        return cleaned


class CardsForm(blocks.StructBlock):
    columns = blocks.ChoiceBlock(
        label=_("Columns"),
        choices=[("2", _("Two")), ("3", _("Three"))],
        default="2",
        search_index=False,
        help_text=_("On a wide screen; on a phone the cards stand below each other."),
    )
    cards = blocks.ListBlock(CardForm(), label=_("Cards"), min_num=1, max_num=12)

    class Meta:
        icon = "grip"
        label = _("Cards")
        description = _("Cards beside each other: a title, a few words, and where to go on.")
        group = PARTS
        preview_template = "cms/block_preview.html"
        preview_value = {
            "columns": "2",
            "cards": [
                {
                    "title": title,
                    "text": _("A few words about it."),
                    "url": "https://example.org/",
                    "link_text": _("See how it works"),
                }
                for title in (_("Connecting"), _("Agenda setting"))
            ],
        }


class CardLink(Link):
    """Where a card leads."""

    text: str = Field(description="The text of the link, which says where it leads.", examples=["See how it works"])


class Card(Value):
    """A card."""

    title: str = Field(description="The title.", examples=["Connecting"])
    text: str = Field(description="A few words of plain text; may be empty.", examples=["We bring people together."])
    image: Image | None = Field(description="The card's picture.")
    link: CardLink | None = Field(description="Where the card leads, if it leads somewhere public.")


class CardsBlock(BodyBlock):
    """Cards beside each other."""

    type: Literal["cards"] = Field(description="Says that these are cards.")
    columns: Columns = Field(description="In how many columns they stand on a wide screen.", examples=[2])
    cards: list[Card] = Field(description="The cards, in the editor's order; at least one.")


def build(stored: StoredBlock, context: BuildContext) -> CardsBlock | None:
    items = stored_items(stored.value.get("cards"))
    cards = [_card(item, context, locale_id=stored.locale_id) for item in items if item.get("title")]
    columns: Columns = 3 if stored.value.get("columns") == "3" else 2
    return CardsBlock(id=stored.id, type="cards", columns=columns, cards=cards) if cards else None


def _card(item: StoredValue, context: BuildContext, *, locale_id: int) -> Card:
    picture = item.get("picture") or {}
    return Card(
        title=item["title"],
        text=item.get("text") or "",
        image=build_picture(picture, context, preset="card") if picture.get("image") else None,
        link=_link(item, context, locale_id=locale_id),
    )


def _link(item: StoredValue, context: BuildContext, *, locale_id: int) -> CardLink | None:
    key = stored_key(item.get("page"))
    page = context.page(key, locale_id=locale_id) if key else None
    href = page.path if page else item.get("url")
    if not href:
        return None
    return CardLink(href=href, page=page, text=item.get("link_text") or (page.title if page else href))


def references(value: StoredValue) -> References:
    items = stored_items(value.get("cards"))
    pictures = (picture_references(item.get("picture")) for item in items)
    return reduce(or_, pictures, References(pages=stored_keys(item.get("page") for item in items)))


CARDS = BlockKind(
    name="cards",
    form=CardsForm,
    schema=CardsBlock,
    build=build,
    template="cms/blocks/cards.html",
    references=references,
)
