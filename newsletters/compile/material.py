"""What the blocks of an issue are made from, loaded once per language: pages that are public, pictures that are."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wagtail.images import get_image_model
from wagtail.images.models import SourceImageIOError
from wagtail.models import Locale, Site

from cms.models import HubPage
from cms.queries import load_main_themes, public_files, public_pages
from newsletters.composing.sources import PageWords, Source, page_key
from newsletters.conf import conf
from newsletters.mail import Picture

logger = logging.getLogger(__name__)

PICTURE = "fill-1200x675|format-jpeg|jpegquality-78"
THUMBNAIL = "fill-640x480|format-jpeg|jpegquality-78"
WIDE = "width-1072|format-jpeg|jpegquality-78"


class PictureMissing(Exception):
    """The picture cannot be shown: its file is gone, or it stands in a private collection."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Pages by their keys, in `locale`; images by theirs; the sources that the issue remembers."""

    locale: Locale
    pages: Mapping[str, HubPage]
    images: Mapping[int, Any]
    sources: Mapping[str, Source]

    def page(self, chosen: Any) -> Any:
        """Return the chosen page in this language, None if it is not public in it."""
        return self.pages.get(page_key(chosen)) if chosen else None

    def words(self, chosen: Any) -> PageWords | None:
        """Return the source of what is told of this page, None if it is remembered in other languages only."""
        source = self.sources.get(page_key(chosen))
        if source is None:  # added a moment ago and not saved: as the page is
            return PageWords.of(self.pages[page_key(chosen)])
        return source.get(self.locale.language_code)

    def row(self, value: Any) -> Any:
        """Return a block's row of words in this language, None if there is none."""
        return next((row for row in value["texts"] if row["language"] == self.locale.language_code), None)

    def picture(self, key: int | None, *, spec: str, alt: str) -> Picture | None:
        """Return the image as `spec` cuts it, None if there is none; raise PictureMissing if it cannot be shown."""
        if key is None:
            return None
        if key not in self.images:
            raise PictureMissing
        try:
            rendition = self.images[key].get_rendition(spec)
        except (SourceImageIOError, OSError) as error:
            logger.warning("Picture %s cannot be read: %s", key, error)
            raise PictureMissing from error
        url = rendition.url
        return Picture(
            url=url if url.startswith("http") else f"{conf.PUBLIC_URL}{url}",
            width=rendition.width,
            height=rendition.height,
            alt=alt,
        )


def load_material(body: Any, *, sources: Mapping[str, Source], locale: Locale, site: Site, now: datetime) -> Material:
    """Return what the blocks of `body` need in `locale`, in a number of queries that does not depend on theirs."""
    values = [block.value for block in body if isinstance(block.value, Mapping)]
    keys = {page_key(value["page"]) for value in values if value.get("page")}
    found = public_pages(site=site, now=now).filter(translation_key__in=keys, locale=locale).specific()
    pages = list(found)
    load_main_themes(pages)
    remembered = [words[code].image for words in sources.values() for code in words if code == locale.language_code]
    chosen = [value["image"].pk for value in values if value.get("image")]
    images = _load_images([*remembered, *chosen, *(page.image_id for page in pages)])
    for page in pages:
        page.image = images.get(page.image_id)
    return Material(locale=locale, pages={page_key(page): page for page in pages}, images=images, sources=dict(sources))


def _load_images(keys: Iterable[int | None]) -> dict[int, Any]:
    public: Any = public_files(get_image_model())
    return public.prefetch_renditions(PICTURE, THUMBNAIL, WIDE).in_bulk({key for key in keys if key})
