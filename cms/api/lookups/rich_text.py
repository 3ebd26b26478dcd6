"""Rich text: turn what Wagtail stores into clean HTML that shows and links to public content only."""

from __future__ import annotations

import re
from collections.abc import Callable

import nh3
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.rich_text.rewriters import FIND_EMBED_TAG, LinkRewriter, extract_attrs

from cms.api.values import Embed, Image, ImageSource
from cms.pictures.encode import FORMATS

TAGS = {
    *("a", "b", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "s"),
    *("strong", "sub", "sup", "u", "ul"),
}
SCHEMES = {"http", "https", "mailto", "tel"}
# A placeholder for a picture or an embed while the text around it is cleaned: their HTML is made here and safe,
# whereas an editor's own <img> or <figure> is removed.
PLACE = "hub-embed"
FIND_PLACE = re.compile(rf'<{PLACE} n="(\d+)">|</?{PLACE}[^>]*>')

# A browser that knows `auto` uses the picture's width in the layout, others assume the width of a column of text.
SIZES = "auto, (min-width: 44rem) 42rem, 100vw"
PLACEMENTS = {"left": "left", "right": "right", "fullwidth": "full-width"}


def expand(
    source: str,
    *,
    page_href: Callable[[str], str | None],
    document_href: Callable[[str], str | None],
    image: Callable[[str], Image | None],
    embed: Callable[[str], Embed | None],
) -> str:
    """Return the HTML of a stored rich text.

    `page_href` and `document_href` take a key as it is stored and return an address; if that is None, the text stays
    without the link. `image` takes a key, `embed` an address; if they return None, nothing is shown.
    """
    places: list[str] = []

    def hold(match: re.Match[str]) -> str:
        attributes = extract_attrs(match.group(1))
        places.append(_embedded(attributes, image=image, embed=embed))
        return f'<{PLACE} n="{len(places) - 1}"></{PLACE}>'

    def fill(match: re.Match[str]) -> str:
        number = int(match.group(1) or len(places))
        return places[number] if number < len(places) else ""

    held = FIND_EMBED_TAG.sub(hold, source)
    linked = LinkRewriter(bulk_rules={"page": _rule(page_href), "document": _rule(document_href)})(held)
    clean = nh3.clean(
        linked,
        tags={*TAGS, PLACE},
        attributes={"a": {"href"}, PLACE: {"n"}},
        url_schemes=SCHEMES,
        link_rel=None,
    )
    return FIND_PLACE.sub(fill, clean)


def picture_html(image: Image, *, alt: str, placement: str = "") -> SafeString:
    """Return the `<picture>` for an image: the formats in order, and the JPEG as a fallback."""
    last = image.sources[-1] if image.sources and image.sources[-1].format == FORMATS[-1] else None
    others = [source for source in image.sources if source is not last]
    attributes = {
        "class": f"richtext-image {placement}".strip(),
        "src": image.src,
        "srcset": _srcset(last) if last else None,
        "sizes": SIZES if last else None,
        "alt": alt,
        "width": image.src_width,
        "height": image.src_height,
        "loading": "lazy",
    }
    return format_html("<picture>{}<img{}></picture>", _sources(others), flatatt(attributes))


def embed_html(embed: Embed) -> SafeString:
    """Return a `<figure>` with a link; its data tell the website how to show a player once the reader agrees."""
    data = {
        "data-kind": embed.kind,
        "data-provider": embed.provider or None,
        "data-player": embed.player_url,
        "data-thumbnail": embed.thumbnail_url,
        "data-width": embed.width,
        "data-height": embed.height,
    }
    figure = {"class": "embed", **data}
    return format_html('<figure{}><a href="{}">{}</a></figure>', flatatt(figure), embed.url, embed.title)


def _embedded(
    attributes: dict[str, str], *, image: Callable[[str], Image | None], embed: Callable[[str], Embed | None]
) -> str:
    match attributes.get("embedtype"):
        case "image":
            found = image(attributes.get("id", ""))
            placement = PLACEMENTS.get(attributes.get("format", ""), "")
            return picture_html(found, alt=attributes.get("alt", ""), placement=placement) if found else ""
        case "media":
            known = embed(attributes.get("url", ""))
            return embed_html(known) if known else ""
    return ""


def _sources(sources: list[ImageSource]) -> SafeString:
    tags = [flatatt({"type": source.mime_type, "srcset": _srcset(source), "sizes": SIZES}) for source in sources]
    return mark_safe("".join(f"<source{attributes}>" for attributes in tags))


def _srcset(source: ImageSource) -> str:
    return ", ".join(f"{file.url} {file.width}w" for file in source.srcset)


def _rule(find: Callable[[str], str | None]) -> Callable[[list[dict[str, str]]], list[str]]:
    def replace(links: list[dict[str, str]]) -> list[str]:
        hrefs = (find(link.get("id", "")) for link in links)
        return [f'<a href="{escape(href)}">' if href else "<a>" for href in hrefs]

    return replace
