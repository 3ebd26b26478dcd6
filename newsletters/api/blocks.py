"""The blocks of a sent issue as the Content API gives them in one language, told apart by `type`.

They are built from what was kept when it was sent, so that nothing which changes later changes them: a story stays when
its page is no longer public, but leads nowhere. Only a button or a picture with nothing left to show is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Image, Link, PageRef
from cms.blocks.button import ButtonBlock
from cms.blocks.image import ImageBlock
from cms.blocks.quote import QuoteBlock
from cms.blocks.text import TextBlock
from cms.content.references import rich_text_references
from cms.plugins import References
from newsletters.models import Edition


class NewslettersStoryBlock(BodyBlock):
    """A page as the issue tells it."""

    type: Literal["story"] = Field(description="Says that this is a story.")
    is_lead: bool = Field(description="Whether the issue opens with it.", examples=[False])
    title: str = Field(description="The story's title.", examples=["A village budget on the wall"])
    teaser: str = Field(description="What it is about; may be empty.", examples=["Who decides, and who may know?"])
    link_text: str = Field(description="Says where the link leads.", examples=["Read how villages follow the money"])
    image: Image | None = Field(description="The story's picture.")
    page: PageRef | None = Field(description="The page that it leads to, as it is now; null if it is no longer public.")


class NewslettersPersonBlock(BodyBlock):
    """Someone of the team."""

    type: Literal["person"] = Field(description="Says that this is a person.")
    name: str = Field(description="The person's name.", examples=["Gigi Ong-Alok"])
    words: str = Field(description="A few words about the person; may be empty.", examples=["Guides the labs."])
    image: Image | None = Field(description="The portrait.")
    page: PageRef | None = Field(description="The person's page, as it is now; null if it is no longer public.")


class NewslettersSignatureBlock(BodyBlock):
    """Who signs the intro."""

    type: Literal["signature"] = Field(description="Says that this is a signature.")
    name: str = Field(description="Whoever signs.", examples=["Gigi Ong-Alok"])
    function: str = Field(description="What they do; may be empty.", examples=["Innovation facilitator"])


class NewslettersDividerBlock(BodyBlock):
    """A short rule between two parts."""

    type: Literal["divider"] = Field(description="Says that this is a divider.")


# An alias with a name, so that clients get a type of that name too.
NewslettersIssueBlock = TypeAliasType(
    "NewslettersIssueBlock",
    Annotated[
        NewslettersStoryBlock
        | NewslettersPersonBlock
        | NewslettersSignatureBlock
        | TextBlock
        | QuoteBlock
        | ButtonBlock
        | ImageBlock
        | NewslettersDividerBlock,
        Field(discriminator="type", description="A block of an issue; its `type` says which."),
    ],
)


def edition_references(editions: Iterable[Edition]) -> References:
    """Return what the blocks of these editions point at."""
    values = [value for edition in editions for value in edition.blocks]
    found = References(
        images=frozenset(value["image"] for value in values if value.get("image")),
        pages=frozenset(value["page"] for value in values if value.get("page")),
    )
    return reduce(or_, (rich_text_references(value["html"]) for value in values if value.get("html")), found)


def build_blocks(edition: Edition, *, context: BuildContext) -> list[NewslettersIssueBlock]:
    """Return what the edition says, in the editor's order."""
    built = (BUILDERS[value["type"]](_Kept(value, edition, context)) for value in edition.blocks)
    return [block for block in built if block is not None]


class _Kept:
    """A block as it was kept (newsletters.editions.kept_values), with what it points at as the public sees it now."""

    def __init__(self, value: Mapping[str, Any], edition: Edition, context: BuildContext) -> None:
        self.value = value
        self.page = context.page(value.get("page"), locale_id=edition.locale_id)
        self.image = context.image(value.get("image"), alt=value.get("alt") or "", preset="wide")
        self.html = context.html(value.get("html") or "", locale_id=edition.locale_id)

    def words(self, *names: str) -> dict[str, Any]:
        """Return the key, the type and these words, by their names."""
        return {name: self.value[name] for name in ("id", "type", *names)}


def _story(kept: _Kept) -> NewslettersIssueBlock | None:
    words = kept.words("is_lead", "title", "teaser", "link_text")
    return NewslettersStoryBlock(**words, image=kept.image, page=kept.page)


def _person(kept: _Kept) -> NewslettersIssueBlock | None:
    return NewslettersPersonBlock(**kept.words("name", "words"), image=kept.image, page=kept.page)


def _signature(kept: _Kept) -> NewslettersIssueBlock | None:
    return NewslettersSignatureBlock(**kept.words("name", "function"))


def _text(kept: _Kept) -> NewslettersIssueBlock | None:
    return TextBlock(**kept.words(), html=kept.html) if kept.html else None


def _quote(kept: _Kept) -> NewslettersIssueBlock | None:
    return QuoteBlock(**kept.words("text", "attribution"))


def _button(kept: _Kept) -> NewslettersIssueBlock | None:
    href = kept.page.path if kept.page else kept.value["url"]
    return ButtonBlock(**kept.words("label"), link=Link(href=href, page=kept.page)) if href else None


def _image(kept: _Kept) -> NewslettersIssueBlock | None:
    return ImageBlock(**kept.words("caption"), image=kept.image) if kept.image else None


def _divider(kept: _Kept) -> NewslettersIssueBlock | None:
    return NewslettersDividerBlock(**kept.words())


BUILDERS: dict[str, Callable[[_Kept], NewslettersIssueBlock | None]] = {
    "story": _story,
    "person": _person,
    "signature": _signature,
    "text": _text,
    "quote": _quote,
    "button": _button,
    "image": _image,
    "divider": _divider,
}
