"""The summary and the detail of a page, on which every page type builds its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field

from cms.api.body import Block, build_body
from cms.api.json_ld import Thing, build_json_ld
from cms.api.plain_html import blocks_html, parts_html
from cms.api.values import (
    CrossCuttingRef,
    Document,
    Image,
    LanguageCode,
    Link,
    NamedLink,
    PageRef,
    Seo,
    SeoImage,
    TagRef,
    ThemeRef,
    Value,
)
from cms.pictures.renditions import PresetName
from cms.plugins import References

if TYPE_CHECKING:
    from wagtail.models import Page

    from cms.api.context import BuildContext
    from cms.models import HubPage

__all__ = [
    "CrossCuttingRef",
    "Document",
    "Image",
    "Link",
    "NamedLink",
    "PageDetail",
    "PageRef",
    "PageSummary",
    "Seo",
    "TagRef",
    "ThemeRef",
    "Value",
]

# The values of a schema's fields, by their names.
FieldValues = dict[str, Any]


class PageSummary(Value):
    """A page as a card needs it, in lists.

    A plugin's page type subclasses it, names its `type` and adds fields:

        class ThemesActivitySummary(PageSummary):
            type: Literal["activity"] = Field(description="Says that this is an activity.")
            starts_at: datetime = Field(description="When it starts.")

    An added field is read from the page's attribute of that name. What needs a look-up (images, documents, pages,
    rich text) is returned by `extra`, through `context`, and announced by `references`, so that it is loaded for
    all pages of a list at once. The type's detail subclasses both, the summary first:
    `class ThemesActivityDetail(ThemesActivitySummary, PageDetail)`.
    """

    preset: ClassVar[PresetName] = "card"

    id: int = Field(description="The page's key, as in `/pages/{id}`.", examples=[12])
    type: str = Field(description="The page's type, as in `/pages?type=`.", examples=["article"])
    title: str = Field(description="The page's title.", examples=["Open data for all"])
    slug: str = Field(description="The last part of the page's path.", examples=["open-data"])
    locale: LanguageCode = Field(description="The code of the page's language, such as `nl`.", examples=["en"])
    path: str = Field(
        description="The page's path on the site, such as `/nl/team/`.", examples=["/en/themes/data/open-data/"]
    )
    url: str = Field(
        description="The page's full address on the site.",
        examples=["https://hub.example.org/en/themes/data/open-data/"],
    )
    summary: str = Field(
        description="One or two sentences of plain text; may be empty.",
        examples=["What towns win by sharing what they know."],
    )
    link_text: str = Field(
        description="The text of a link to the page, which says where it leads; may be empty.",
        examples=["Read about open data"],
    )
    image: Image | None = Field(description="The page's picture.")
    themes: list[ThemeRef] = Field(description="The page's themes, in the order of the site's themes.")
    cross_cutting: list[CrossCuttingRef] = Field(description="The page's cross-cutting themes, in the site's order.")
    tags: list[TagRef] = Field(description="The page's tags, by name.")
    published_at: datetime | None = Field(
        description="When the page was first published.", examples=["2026-11-02T09:30:00Z"]
    )
    updated_at: datetime | None = Field(
        description="When the page was last published.", examples=["2026-11-05T14:00:00Z"]
    )

    @classmethod
    def build(cls, *, page: Page, context: BuildContext) -> Self:
        """Return this schema's values for `page`, the specific page."""
        values = cls.standard(page=page, context=context) | cls.extra(page=page, context=context)
        own = {name: getattr(page, name) for name in cls.model_fields if name not in values}
        if context.draft:
            return cls.model_construct(**values, **own)  # a draft may lack what a published page needs
        return cls(**values, **own)

    @classmethod
    def references(cls, *, page: Page) -> References:  # noqa: ARG003 - for page types that override it
        """Return what `extra` looks up besides the page's image and body; override the two together."""
        return References()

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> FieldValues:  # noqa: ARG003 - for page types that override it
        """Return the values of added fields that are not attributes of the page; override as needed."""
        return {}

    @classmethod
    def standard(cls, *, page: HubPage, context: BuildContext) -> FieldValues:
        """Return the values of the fields that all pages share."""
        return {
            **context.place(page),
            "slug": page.slug,
            "summary": page.summary,
            "link_text": page.link_text,
            "image": context.image(page.image_id, alt=page.image_alt, preset=cls.preset),
            "themes": context.themes(page),
            "cross_cutting": context.cross_cutting(page),
            "tags": context.tags(page),
            "published_at": page.first_published_at,
            "updated_at": page.last_published_at,
        }


class PageDetail(PageSummary):
    """A page as its own view needs it: the summary and everything else.

    Its Markdown lists the fields that a type adds, if they fit on a line, but for those that the type names in
    `not_in_markdown`: words for programs, which are in no language.
    """

    preset: ClassVar[PresetName] = "wide"
    # The template that shows what the type adds above the body, as `detail`: on plain pages and in Markdown.
    parts_template: ClassVar[str] = ""
    not_in_markdown: ClassVar[frozenset[str]] = frozenset()

    seo: Seo = Field(description="What search engines and shared links show.")
    ancestors: list[PageRef] = Field(description="The pages above this one, from the front page down.")
    translations: list[PageRef] = Field(description="The page in other languages.")
    body: list[Block] = Field(description="The page's content, block by block.")

    @classmethod
    def build(cls, *, page: Page, context: BuildContext) -> Self:
        """Return this schema's values for `page`; a draft has no JSON-LD."""
        detail = super().build(page=page, context=context)
        if context.draft:
            return detail
        json_ld = build_json_ld(detail, site=context.site)
        return detail.model_copy(update={"seo": detail.seo.model_copy(update={"json_ld": json_ld})})

    def schema_org(self) -> Thing:
        """Return what the page is about as schema.org data, with `@type` at least; {} if it is just a page.

        Name, description, address and picture are added to it; `cms.api.json_ld.creative_work` returns what
        articles and the like have in common. Override as needed.
        """
        return {}

    def content_html(self) -> str:
        """Return the content as plain HTML with absolute links; override if it is not in blocks."""
        parts = parts_html(self.parts_template, detail=self) if self.parts_template else ""
        return parts + blocks_html(self.body, base=self.url, language=self.locale)

    def organisation_facts(self) -> Thing:
        """Return what the page says of the organisation behind the site, as schema.org data; override as needed."""
        return {}

    @classmethod
    def standard(cls, *, page: HubPage, context: BuildContext) -> FieldValues:
        """Return the values of the fields that all pages share."""
        shared = super().standard(page=page, context=context)
        return shared | {
            "seo": _seo(page, url=shared["url"], image=shared["image"]),
            "ancestors": context.ancestors(page),
            "translations": context.translations(page),
            "body": build_body(page=page, context=context),
        }


class PageContent(PageSummary):
    """A page of any type with its content, but without its ancestors and translations, for feeds."""

    preset: ClassVar[PresetName] = "wide"

    body: list[Block] = Field(description="The page's content, block by block.")

    @classmethod
    def standard(cls, *, page: HubPage, context: BuildContext) -> FieldValues:
        """Return the values of the fields that all pages share."""
        return super().standard(page=page, context=context) | {"body": build_body(page=page, context=context)}


def _seo(page: HubPage, *, url: str, image: Image | None) -> Seo:
    return Seo(
        title=page.seo_title or page.title,
        description=page.search_description or page.summary,
        canonical_url=url,
        image=SeoImage(url=image.src, alt=image.alt) if image else None,
        json_ld={},
    )
