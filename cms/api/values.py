"""The words that all schemas of the Content API share: references, pictures, files."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cms.renditions import ImageFormat


class Value(BaseModel):
    """What crosses the API's border: frozen, and without fields that its schema does not name."""

    # What is answered has all its fields, those with a default too.
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class PageRef(Value):
    """A page as a link needs it."""

    id: int = Field(description="The page's key, as in `/pages/{id}`.")
    type: str = Field(description="The page's type, as in `/pages?type=`.")
    title: str = Field(description="The page's title.")
    locale: str = Field(description="The code of the page's language, such as `nl`.")
    path: str = Field(description="Where the page stands on the site, such as `/nl/team/`.")
    url: str = Field(description="The page's full address on the site.")


class ThemeRef(Value):
    """A theme as a label needs it."""

    slug: str = Field(description="The theme's public word, the same in all languages; as in `/pages?theme=`.")
    name: str = Field(description="The theme's name in the page's language.")
    colour: str = Field(description="The theme's colour, as `#rrggbb`.")


class TagRef(Value):
    """A tag."""

    slug: str = Field(description="The tag's public word, as in `/pages?tag=`.")
    name: str = Field(description="The tag as the editor wrote it.")


class Point(Value):
    """A place in a picture, in fractions of its size: 0 is left or top, 1 right or bottom."""

    x: float = Field(ge=0, le=1, description="From the left edge.")
    y: float = Field(ge=0, le=1, description="From the top edge.")


class SourceFile(Value):
    """One file of a picture."""

    url: str = Field(description="The file's full address.")
    width: int = Field(description="The file's width in pixels.")


class ImageSource(Value):
    """A picture in one file format, in several widths."""

    format: ImageFormat = Field(description="The file format.")
    mime_type: str = Field(description="The media type, for `<source type>`.")
    srcset: list[SourceFile] = Field(description="The files, narrowest first.")


class Image(Value):
    """A picture in all its files; `sources` is empty while they are still being made."""

    alt: str = Field(description="What the picture shows; empty if it only decorates.")
    width: int = Field(description="The original's width in pixels; with `height` the aspect ratio of all files.")
    height: int = Field(description="The original's height in pixels.")
    focal_point: Point | None = Field(description="What has to stay in view when the picture is cropped.")
    src: str = Field(description="The file for readers that know no `srcset`: the widest JPEG, else the original.")
    sources: list[ImageSource] = Field(description="The formats, in the order in which a browser should try them.")


class Document(Value):
    """A file to download."""

    title: str = Field(description="The document's title.")
    url: str = Field(description="The file's full address.")
    size: int | None = Field(description="The file's size in bytes, if known.")
    extension: str = Field(description="The file name's extension, such as `pdf`.")


class Link(Value):
    """Where something leads: to a page of this site or to another address."""

    href: str = Field(description="The page's path, or the other address.")
    page: PageRef | None = Field(description="The page, if it is one of this site.")


class Seo(Value):
    """What search engines and shared links show."""

    title: str = Field(description="The title for search engines, else the page's title.")
    description: str = Field(description="The description for search engines, else the page's summary.")


class Navigation(Value):
    """The menu of one language."""

    locale: str = Field(description="The code of the language.")
    home: PageRef = Field(description="The front page of the language.")
    items: list[PageRef] = Field(description="The pages in the menu, in order.")


class Locale(Value):
    """A language of the site."""

    code: str = Field(description="The language's code, such as `nl`.")
    name: str = Field(description="The language's name, as the site writes it.")
    is_default: bool = Field(description="Whether this is the site's main language.")


class ThemeInfo(Value):
    """A theme in all languages."""

    slug: str = Field(description="The theme's public word, the same in all languages.")
    colour: str = Field(description="The theme's colour, as `#rrggbb`.")
    names: dict[str, str] = Field(description="The theme's names by language code.")


class Organisation(Value):
    """Who is behind the site."""

    name: str = Field(description="The organisation's name.")
    contact_email: str = Field(description="The organisation's e-mail address.")
    postal_address: str = Field(description="The organisation's postal address, in lines.")


class Redirection(Value):
    """The asked path has moved."""

    status: Literal["redirect"] = Field(description="Says that this is a redirect.")
    location: str = Field(description="Where to go: a path of this site or a full address.")
    permanent: bool = Field(description="Whether to forget the old path (301 or 308), or not (302 or 307).")
