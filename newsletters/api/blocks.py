"""The blocks of a sent issue as the Content API gives them in one language, told apart by `type`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypeAliasType
from wagtail.models import Locale

from cms.api.context import BuildContext
from cms.api.values import Image, Link, PageRef, Value
from cms.references import References, rich_text_references, stored_key
from newsletters.composing.blocks import stories_of
from newsletters.composing.sources import PageWords, Source


class NewslettersBlock(Value):
    """A block of an issue; its `type` says which."""

    id: str | None = Field(
        description="The block's own key, the same in all languages.",
        examples=["0b1f3c52-6f5e-4c0e-9f5a-2f1f0b6d2a11"],
    )


class NewslettersStoryBlock(NewslettersBlock):
    """A page as the issue tells it."""

    type: Literal["story"] = Field(description="Says that this is a story.")
    is_lead: bool = Field(description="Whether the issue opens with it.", examples=[False])
    title: str = Field(description="The story's title.", examples=["A village budget on the wall"])
    teaser: str = Field(description="What it is about; may be empty.", examples=["Who decides, and who may know?"])
    link_text: str = Field(description="Says where the link leads.", examples=["Read how villages follow the money"])
    image: Image | None = Field(description="The story's picture.")
    page: PageRef = Field(description="The page that it leads to.")


class NewslettersPersonBlock(NewslettersBlock):
    """Someone of the team."""

    type: Literal["person"] = Field(description="Says that this is a person.")
    name: str = Field(description="The person's name.", examples=["Gigi Ong-Alok"])
    words: str = Field(description="A few words about the person; may be empty.", examples=["Guides the labs."])
    image: Image | None = Field(description="The portrait.")
    page: PageRef = Field(description="The person's page.")


class NewslettersTextBlock(NewslettersBlock):
    """Running text."""

    type: Literal["text"] = Field(description="Says that this is running text.")
    html: str = Field(description="Sanitised HTML, its links resolved to paths.", examples=["<p>Until next month.</p>"])


class NewslettersQuoteBlock(NewslettersBlock):
    """Words that stand out."""

    type: Literal["quote"] = Field(description="Says that this is a quotation.")
    text: str = Field(description="The quoted words.", examples=["Change needs a place to practise."])
    attribution: str = Field(description="Who said it, or where it stands; may be empty.", examples=["From the report"])


class NewslettersButtonBlock(NewslettersBlock):
    """A link that stands out."""

    type: Literal["button"] = Field(description="Says that this is a button.")
    label: str = Field(description="The button's words.", examples=["Join us"])
    link: Link = Field(description="Where the button leads.")


class NewslettersImageBlock(NewslettersBlock):
    """A picture with a caption."""

    type: Literal["image"] = Field(description="Says that this is a picture.")
    image: Image = Field(description="The picture.")
    caption: str = Field(description="The words under the picture; may be empty.", examples=["The spring meeting"])


class NewslettersDividerBlock(NewslettersBlock):
    """A short rule between two parts."""

    type: Literal["divider"] = Field(description="Says that this is a divider.")


# An alias with a name, so that clients get a type of that name too.
NewslettersIssueBlock = TypeAliasType(
    "NewslettersIssueBlock",
    Annotated[
        NewslettersStoryBlock
        | NewslettersPersonBlock
        | NewslettersTextBlock
        | NewslettersQuoteBlock
        | NewslettersButtonBlock
        | NewslettersImageBlock
        | NewslettersDividerBlock,
        Field(discriminator="type", description="A block of an issue; its `type` says which."),
    ],
)


def issue_references(page: Any) -> References:
    """Return what the issue's blocks point at: pages, and images of their own or of their sources."""
    values = [block["value"] for block in page.body.raw_data if isinstance(block["value"], Mapping)]
    images = [stored_key(value.get("image")) for value in values]
    images += [words.image for source in page.sources.values() for words in source.values()]
    pages = [stored_key(value.get("page")) for value in values]
    found = References(images=frozenset(key for key in images if key), pages=frozenset(key for key in pages if key))
    for value in values:
        for row in _rows(value):
            found |= rich_text_references(row.get("text") or "")
    return found


def build_blocks(*, page: Any, locale: Locale, context: BuildContext) -> list[NewslettersIssueBlock]:
    """Return the issue's blocks in `locale`, in the editor's order; what leads to nothing public is left out."""
    sources = _sources_by_page(page)
    alts = {value["image"].pk: value["image"].description for value in stories_of(page.body) if value.get("image")}
    built = (
        BUILDERS[block["type"]](
            _Told(
                key=block.get("id"),
                value=block["value"] or {},
                locale=locale,
                sources=sources,
                alts=alts,
                context=context,
            )
        )
        for block in page.body.raw_data
        if block["type"] in BUILDERS
    )
    return [block for block in built if block is not None]


def _sources_by_page(page: Any) -> dict[int, Source]:
    told = [block.value["page"] for block in page.body if block.block_type in {"story", "person"}]
    return {each.pk: page.sources.get(str(each.translation_key), {}) for each in told if each}


def _rows(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item.get("value", item) for item in value.get("texts") or ()]


class _Told:
    """A stored block in one language."""

    def __init__(
        self,
        *,
        key: Any,
        value: Any,
        locale: Locale,
        sources: Mapping[int, Source],
        alts: Mapping[int, str],
        context: BuildContext,
    ) -> None:
        code = locale.language_code
        self.key, self.value, self.locale, self.context, self.alts = key, value, locale, context, alts
        self.has_row = any(row.get("language") == code for row in _rows(value))
        self.row: Mapping[str, Any] = next((row for row in _rows(value) if row.get("language") == code), {})
        self.page = context.page(stored_key(value.get("page")), locale_id=locale.pk)
        self.source = sources.get(stored_key(value.get("page")) or 0, {}).get(code, PageWords())

    def words(self, name: str) -> str:
        """Return the words of this name, "" if there are none."""
        return self.row.get(name) or ""

    def image(self) -> Image | None:
        """Return the block's own picture, else its source's."""
        own = stored_key(self.value.get("image"))
        alt = self.row.get("alt", self.alts.get(own, "")) if own else self.source.alt
        return self.context.image(own or self.source.image, alt=alt, preset="wide")


def _story(told: _Told) -> NewslettersIssueBlock | None:
    title = told.words("title") or told.source.title
    if told.page is None or told.page.locale != told.locale.language_code or not told.has_row or not title:
        return None
    return NewslettersStoryBlock(
        id=told.key,
        type="story",
        is_lead=bool(told.value.get("is_lead")),
        title=title,
        teaser="" if told.value.get("without_teaser") else told.words("teaser") or told.source.teaser,
        link_text=told.words("link_text") or told.source.link_text or title,
        image=told.image(),
        page=told.page,
    )


def _person(told: _Told) -> NewslettersIssueBlock | None:
    if told.page is None or not told.source.title:
        return None
    words = told.words("words") or told.source.teaser
    return NewslettersPersonBlock(
        id=told.key, type="person", name=told.source.title, words=words, image=told.image(), page=told.page
    )


def _text(told: _Told) -> NewslettersIssueBlock | None:
    html = told.context.html(told.words("text"), locale_id=told.locale.pk)
    return NewslettersTextBlock(id=told.key, type="text", html=html) if html else None


def _quote(told: _Told) -> NewslettersIssueBlock | None:
    if not told.words("quote"):
        return None
    return NewslettersQuoteBlock(
        id=told.key, type="quote", text=told.words("quote"), attribution=told.words("attribution")
    )


def _button(told: _Told) -> NewslettersIssueBlock | None:
    href = told.page.path if told.page else told.value.get("url")
    if not href or not told.words("label"):
        return None
    return NewslettersButtonBlock(
        id=told.key, type="button", label=told.words("label"), link=Link(href=href, page=told.page)
    )


def _image(told: _Told) -> NewslettersIssueBlock | None:
    image = told.image()
    return (
        NewslettersImageBlock(id=told.key, type="image", image=image, caption=told.words("caption")) if image else None
    )


def _divider(told: _Told) -> NewslettersIssueBlock | None:
    return NewslettersDividerBlock(id=told.key, type="divider")


BUILDERS: dict[str, Callable[[_Told], NewslettersIssueBlock | None]] = {
    "story": _story,
    "person": _person,
    "text": _text,
    "quote": _quote,
    "button": _button,
    "image": _image,
    "divider": _divider,
}
