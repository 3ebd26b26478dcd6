"""The blocks of page bodies as the Content API gives them, told apart by `type`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from cms.api.values import Document, Embed, Image, Link, PageRef, Value
from cms.references import body_blocks, related_ids

if TYPE_CHECKING:
    from cms.api.context import BuildContext
    from cms.models import HubPage


class BodyBlock(Value):
    """A block of a body; its `type` says which."""

    id: str | None = Field(
        description="The block's own key, which stays while the editor moves it.",
        examples=["0b1f3c52-6f5e-4c0e-9f5a-2f1f0b6d2a11"],
    )


class HeadingBlock(BodyBlock):
    """A heading within the body; the page's title is the only heading of level 1."""

    type: Literal["heading"] = Field(description="Says that this is a heading.")
    text: str = Field(description="The heading's words.", examples=["What we learned"])
    level: Literal[2, 3] = Field(description="2 for a section, 3 for a subsection.")


class TextBlock(BodyBlock):
    """Running text."""

    type: Literal["text"] = Field(description="Says that this is running text.")
    html: str = Field(
        description="Sanitised HTML, links to pages as paths; the document's description names the tags.",
        examples=['<p>Read <a href="/en/team/">who we are</a>.</p>'],
    )


class ImageBlock(BodyBlock):
    """A picture with a caption."""

    type: Literal["image"] = Field(description="Says that this is a picture.")
    image: Image = Field(description="The picture.")
    caption: str = Field(description="The words under the picture; may be empty.", examples=["The spring meeting"])


class QuoteBlock(BodyBlock):
    """A quotation."""

    type: Literal["quote"] = Field(description="Says that this is a quotation.")
    text: str = Field(description="The quoted words.", examples=["Change needs a place to practise."])
    attribution: str = Field(description="Who said it; may be empty.", examples=["Sam, facilitator"])


class ButtonBlock(BodyBlock):
    """A link that stands out."""

    type: Literal["button"] = Field(description="Says that this is a button.")
    label: str = Field(description="The button's words.", examples=["Join us"])
    link: Link = Field(description="Where the button leads.")


class DocumentBlock(BodyBlock):
    """A file to download."""

    type: Literal["document"] = Field(description="Says that this is a file to download.")
    label: str = Field(
        description="The link's words: the editor's, else the document's title.", examples=["Read the report"]
    )
    document: Document = Field(description="The file.")


class EmbedBlock(BodyBlock):
    """Something of another site."""

    type: Literal["embed"] = Field(description="Says that this is something of another site.")
    embed: Embed = Field(description="What it is and where it is.")


class RelatedBlock(BodyBlock):
    """Other pages of the site."""

    type: Literal["related"] = Field(description="Says that these are related pages.")
    pages: list[PageRef] = Field(description="The pages, in the editor's order.")


# An alias with a name, so that clients get a type of that name too.
Block = TypeAliasType(
    "Block",
    Annotated[
        HeadingBlock | TextBlock | ImageBlock | QuoteBlock | ButtonBlock | DocumentBlock | EmbedBlock | RelatedBlock,
        Field(discriminator="type", description="A block of a body; its `type` says which."),
    ],
)


def build_body(*, page: HubPage, context: BuildContext) -> list[Block]:
    """Return the page's body; blocks that show only what is not public (any more) are left out."""
    built = (
        BUILDERS[block["type"]](block.get("id"), block["value"], page, context)
        for block in body_blocks(page)
        if block["type"] in BUILDERS
    )
    return [block for block in built if block is not None]


def _heading(key: str | None, value: Mapping[str, Any], page: HubPage, context: BuildContext) -> Block:
    return HeadingBlock(id=key, type="heading", text=value["text"], level=3 if value.get("level") == "3" else 2)


def _text(key: str | None, value: str, page: HubPage, context: BuildContext) -> Block | None:
    html = context.html(value, locale_id=page.locale_id)
    return TextBlock(id=key, type="text", html=html) if html else None


def _image(key: str | None, value: Mapping[str, Any], page: HubPage, context: BuildContext) -> Block | None:
    image = context.image(value.get("image"), alt=value.get("alt") or "", preset="wide")
    if image is None:
        return None
    return ImageBlock(id=key, type="image", image=image, caption=value.get("caption") or "")


def _quote(key: str | None, value: Mapping[str, Any], page: HubPage, context: BuildContext) -> Block:
    return QuoteBlock(id=key, type="quote", text=value["text"], attribution=value.get("attribution") or "")


def _button(key: str | None, value: Mapping[str, Any], page: HubPage, context: BuildContext) -> Block | None:
    target = context.page(value.get("page"), locale_id=page.locale_id)
    href = target.path if target else value.get("url")
    if not href:
        return None
    return ButtonBlock(id=key, type="button", label=value["label"], link=Link(href=href, page=target))


def _document(key: str | None, value: Mapping[str, Any], page: HubPage, context: BuildContext) -> Block | None:
    document = context.document(value.get("document"))
    if document is None:
        return None
    return DocumentBlock(id=key, type="document", label=value.get("label") or document.title, document=document)


def _embed(key: str | None, value: str, page: HubPage, context: BuildContext) -> Block | None:
    embed = context.embed(value)
    return EmbedBlock(id=key, type="embed", embed=embed) if embed else None


def _related(key: str | None, value: list[Any], page: HubPage, context: BuildContext) -> Block | None:
    found = (context.page(pk, locale_id=page.locale_id) for pk in related_ids(value))
    pages = [ref for ref in found if ref is not None]
    return RelatedBlock(id=key, type="related", pages=pages) if pages else None


BUILDERS: dict[str, Callable[[str | None, Any, HubPage, BuildContext], Block | None]] = {
    "heading": _heading,
    "text": _text,
    "image": _image,
    "quote": _quote,
    "button": _button,
    "document": _document,
    "embed": _embed,
    "related": _related,
}
