"""The values that all schemas of the Content API share: references, pictures, files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from wagtail.coreutils import get_content_languages

from cms.models import ThemeIcon
from cms.pictures.encode import ImageFormat


def _name_languages(schema: dict[str, object]) -> None:
    schema["enum"] = list(get_content_languages())


# The code of one of the hub's languages; a further language adds to the contract.
LanguageCode = Annotated[str, Field(json_schema_extra=_name_languages)]


class Value(BaseModel):
    """A value that the API returns: frozen, and with no other fields than its schema names."""

    # An answer has all its fields, including those with a default.
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class BodyBlock(Value):
    """A block of a body; its `type` says of which kind."""

    id: str | None = Field(
        description="The block's own key, which stays the same when an editor moves the block.",
        examples=["0b1f3c52-6f5e-4c0e-9f5a-2f1f0b6d2a11"],
    )
    type: str = Field(description="The kind of block.", examples=["text"])


class PageRef(Value):
    """A page as a link needs it."""

    id: int = Field(description="The page's key, as in `/pages/{id}`.", examples=[12])
    type: str = Field(description="The page's type, as in `/pages?type=`.", examples=["team"])
    title: str = Field(description="The page's title.", examples=["Our team"])
    locale: LanguageCode = Field(description="The code of the page's language, such as `nl`.", examples=["en"])
    path: str = Field(description="The page's path on the site, such as `/nl/team/`.", examples=["/en/team/"])
    url: str = Field(description="The page's full address on the site.", examples=["https://hub.example.org/en/team/"])


def _name_icons(schema: dict[str, object]) -> None:
    schema["enum"] = ["", *ThemeIcon.values]


# The name of a theme's icon; a further one adds to the contract.
ThemeIconName = Annotated[
    str,
    Field(
        description="What may be drawn beside the theme's name, a word from a fixed list; empty if none is chosen.",
        examples=["chart"],
        json_schema_extra=_name_icons,
    ),
]


class ThemeRef(Value):
    """A theme as a label needs it."""

    slug: str = Field(
        description="The theme's slug, the same in all languages, as in `/pages?theme=`.", examples=["data"]
    )
    name: str = Field(description="The theme's name in the page's language.", examples=["Data for change"])
    colour: str = Field(description="The theme's colour, as `#rrggbb`.", examples=["#1c6f9c"])
    icon: ThemeIconName


class CrossCuttingRef(Value):
    """A cross-cutting theme as a label needs it."""

    slug: str = Field(
        description="The slug, the same in all languages, as in `/pages?cross_cutting=`.", examples=["local-ownership"]
    )
    name: str = Field(description="The name in the page's language.", examples=["Local ownership"])


class TagRef(Value):
    """A tag."""

    slug: str = Field(description="The tag's slug, as in `/pages?tag=`.", examples=["open-data"])
    name: str = Field(description="The tag as the editor wrote it.", examples=["open data"])


class Point(Value):
    """A place in a picture, in fractions of its size: 0 is left or top, 1 right or bottom."""

    x: float = Field(ge=0, le=1, description="From the left edge.", examples=[0.5])
    y: float = Field(ge=0, le=1, description="From the top edge.", examples=[0.33])


class SourceFile(Value):
    """One file of a picture."""

    url: str = Field(
        description="The file's full address.", examples=["https://hub.example.org/media/images/canal.width-800.webp"]
    )
    width: int = Field(description="The file's width in pixels.", examples=[800])
    height: int = Field(description="The file's height in pixels.", examples=[533])


class ImageSource(Value):
    """A picture in one file format, in several widths."""

    format: ImageFormat = Field(description="The file format.")
    mime_type: str = Field(description="The media type, for `<source type>`.", examples=["image/webp"])
    srcset: list[SourceFile] = Field(description="The files, narrowest first.")


class Image(Value):
    """A picture in all its files; `sources` is empty while they are still being made."""

    alt: str = Field(
        description="What the picture shows; empty if it only decorates.", examples=["People around a map on a table"]
    )
    width: int = Field(
        description="The original's width in pixels; with `height` it gives the aspect ratio of all files.",
        examples=[2400],
    )
    height: int = Field(description="The original's height in pixels.", examples=[1600])
    focal_point: Point | None = Field(description="What has to stay in view when the picture is cropped.")
    src: str = Field(
        description="The file for clients without `srcset`: the widest file of the last of `sources`, a JPEG.",
        examples=["https://hub.example.org/media/images/canal.width-1600.jpg"],
    )
    src_width: int = Field(description="The width of `src` in pixels, for the `width` of an `<img>`.", examples=[1600])
    src_height: int = Field(
        description="The height of `src` in pixels, for the `height` of an `<img>`.", examples=[1067]
    )
    sources: list[ImageSource] = Field(description="The formats, in the order in which a browser should try them.")


class Embed(Value):
    """Content of another site, such as a video or a post. Nothing is loaded from there until the reader asks for it."""

    url: str = Field(
        description="The address that the editor embedded, for a link.",
        examples=["https://www.youtube.com/watch?v=abc"],
    )
    title: str = Field(
        description="The title that the provider gives, or else the address.", examples=["Five years of learning"]
    )
    provider: str = Field(
        description="Who serves it, such as `YouTube`; empty if it is not known.", examples=["YouTube"]
    )
    kind: Literal["video", "photo", "link", "rich"] = Field(
        description="The kind of embed, as oEmbed names it.", examples=["video"]
    )
    player_url: str | None = Field(
        description="The https address for an `<iframe>`, if the provider has one.",
        examples=["https://www.youtube.com/embed/abc"],
    )
    thumbnail_url: str | None = Field(
        description="The https address of a still picture, at the provider.",
        examples=["https://i.ytimg.com/vi/abc/hqdefault.jpg"],
    )
    width: int | None = Field(description="The player's width in pixels, if it is known.", examples=[640])
    height: int | None = Field(description="The player's height in pixels, if it is known.", examples=[360])


class Document(Value):
    """A file to download."""

    title: str = Field(description="The document's title.", examples=["Five years of The Spindle"])
    url: str = Field(
        description="The file's full address.", examples=["https://hub.example.org/documents/7/five-years.pdf"]
    )
    size: int | None = Field(description="The file's size in bytes, if known.", examples=[482133])
    extension: str = Field(description="The file name's extension, such as `pdf`.", examples=["pdf"])


class Link(Value):
    """A link to a page of this site or to another address."""

    href: str = Field(description="The page's path, or the other address.", examples=["/en/team/"])
    page: PageRef | None = Field(description="The page, if the link leads to one of this site.")


class NamedLink(Value):
    """A link to another website, in a list of links."""

    text: str = Field(description="The words of the link.", examples=["The project's website"])
    url: str = Field(description="The full address.", examples=["https://example.org/project"])


class SeoImage(Value):
    """The picture of a shared link."""

    url: str = Field(
        description="The file's full address, for `og:image`.",
        examples=["https://hub.example.org/media/images/canal.width-1600.jpg"],
    )
    alt: str = Field(
        description="What the picture shows, for `og:image:alt`; empty if it only decorates.",
        examples=["People around a map on a table"],
    )


class Seo(Value):
    """What search engines and shared links show; the page's `translations` are its alternates (`hreflang`)."""

    title: str = Field(
        description="The title for search engines, or else the page's title.", examples=["Our team | Innovation Hub"]
    )
    description: str = Field(
        description="The description for search engines, or else the page's summary.",
        examples=["Who works at the hub, and how to reach us."],
    )
    canonical_url: str = Field(
        description="The full address that identifies the page, for `rel=canonical`.",
        examples=["https://hub.example.org/en/team/"],
    )
    image: SeoImage | None = Field(description="The picture for shared links.")
    json_ld: dict[str, object] = Field(
        description="The page as schema.org data, for a script of type `application/ld+json`. It contains text by "
        "editors: write every `<` as `\\u003c`, or a `</script>` in a title would end your script.",
        examples=[{"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "Our team"}]}],
    )


class Navigation(Value):
    """The menu of one language."""

    locale: LanguageCode = Field(description="The code of the language.", examples=["en"])
    home: PageRef = Field(description="The front page of the language.")
    items: list[PageRef] = Field(description="The pages in the menu, in order.")


class Locale(Value):
    """A language of the site."""

    code: LanguageCode = Field(description="The language's code, such as `nl`.", examples=["nl"])
    name: str = Field(description="The language's name, as the site writes it.", examples=["Nederlands"])
    is_default: bool = Field(description="Whether this is the site's main language.", examples=[False])


class ThemeInfo(Value):
    """A theme in all languages."""

    slug: str = Field(description="The theme's slug, the same in all languages.", examples=["data"])
    colour: str = Field(description="The theme's colour, as `#rrggbb`.", examples=["#1c6f9c"])
    icon: ThemeIconName
    names: dict[str, str] = Field(
        description="The theme's names by language code.", examples=[{"en": "Data", "nl": "Gegevens"}]
    )


class CrossCuttingInfo(Value):
    """A cross-cutting theme in all languages."""

    slug: str = Field(description="The slug, the same in all languages.", examples=["local-ownership"])
    names: dict[str, str] = Field(
        description="The names by language code.", examples=[{"en": "Local ownership", "nl": "Lokaal eigenaarschap"}]
    )


class Organisation(Value):
    """Who is behind the site."""

    name: str = Field(description="The organisation's name.", examples=["Partos Innovation Hub"])
    contact_email: str = Field(description="The organisation's e-mail address.", examples=["hub@example.org"])
    postal_address: str = Field(
        description="The organisation's postal address, in lines.", examples=["Voorbeeldstraat 1\n1000 AA Amsterdam"]
    )


class Redirection(Value):
    """The requested path has moved."""

    status: Literal["redirect"] = Field(description="Says that this is a redirect.")
    location: str = Field(description="Where to go: a path of this site or a full address.", examples=["/en/team/"])
    permanent: bool = Field(
        description="Whether the redirect is permanent (301 or 308) or temporary (302 or 307).", examples=[True]
    )


class Gone(Value):
    """There was a page at the requested path, but it was removed: answer 410, so that search engines forget it."""

    status: Literal["gone"] = Field(description="Says that the page is gone.")
