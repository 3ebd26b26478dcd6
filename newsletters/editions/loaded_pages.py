"""What the blocks of an issue are made from, loaded once per language: pages that are public, pictures that are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wagtail.images import get_image_model
from wagtail.models import Locale, Site

from cms.content.queries import load_main_themes, public_pages
from cms.content.site_tree import structure
from cms.models import HubPage
from newsletters.editions.pictures import PICTURE, THUMBNAIL, WIDE, Cut, Deleted, Private, cut_picture
from newsletters.values.look import Picture
from newsletters.values.page_words import PageWords, Source, page_key


@dataclass(frozen=True, kw_only=True)
class Material:
    """Pages by their keys, in `locale`; images by theirs, some private; the sources that the issue remembers."""

    locale: Locale
    pages: Mapping[str, HubPage]
    images: Mapping[int, Any]
    private: frozenset[int]
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

    def picture(self, key: int | None, *, cut: Cut, alt: str) -> Picture | None:
        """Return the image as it is cut for its place, None if there is none; raise NoPicture if it cannot be shown."""
        if key is None:
            return None
        if key not in self.images:
            raise Deleted
        if key in self.private:
            raise Private
        return cut_picture(self.images[key], cut=cut, alt=alt)


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
    closed = structure().closed_collections
    return Material(
        locale=locale,
        pages={page_key(page): page for page in pages},
        images=images,
        private=frozenset(key for key, image in images.items() if image.collection_id in closed),
        sources=dict(sources),
    )


def _load_images(keys: Iterable[int | None]) -> dict[int, Any]:
    images: Any = get_image_model().objects
    specs = {cut.spec for cut in (PICTURE, THUMBNAIL, WIDE)}
    return images.prefetch_renditions(*specs).in_bulk({key for key in keys if key})
