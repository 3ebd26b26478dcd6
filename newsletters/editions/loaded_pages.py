"""What the blocks of an issue are made from, loaded once per language: public pages, and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import StreamValue, StructValue
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.models import Locale, Page, Site

from cms.content.queries import load_main_themes, public_pages
from cms.content.site_tree import structure
from cms.models import HubPage
from cms.plugins import LeftOut
from cms.values.hosts import with_ascii_host
from newsletters.conf import conf
from newsletters.editions.look import text_css
from newsletters.editions.pictures import PICTURE, THUMBNAIL, WIDE, Cut, Deleted, Private, cut_picture
from newsletters.editions.words.rich_text import MailText, mail_text
from newsletters.editions.words.safety import is_visible
from newsletters.values.look import Look, Picture
from newsletters.values.page_words import PageWords, Source, page_key

NO_WORDS = _("it has no text")
NOT_PUBLIC = _("its page is not public in this language")


@dataclass(frozen=True, kw_only=True)
class LoadedPages:
    """Pages in `locale` and images, by their keys; the keys of private images; the sources that the issue remembers.

    `without_section` collects the types of story cards whose section no plugin declares.
    """

    locale: Locale
    pages: Mapping[str, HubPage]
    images: Mapping[int, AbstractImage]
    private: frozenset[int]
    sources: Mapping[str, Source]
    look: Look = field(default_factory=Look)
    hosts: frozenset[str] = frozenset()  # that pictures may come from
    without_section: set[str] = field(default_factory=set, compare=False)

    def page(self, chosen: Page | None) -> HubPage | None:
        """Return the chosen page in this language, None if it is not public there."""
        return self.pages.get(page_key(chosen)) if chosen else None

    def source(self, chosen: Page) -> PageWords | None:
        """Return the source of this page's story, None if the issue remembers it in other languages only."""
        remembered = self.sources.get(page_key(chosen))
        if remembered is None:  # just added and not saved yet: what the page says now
            return PageWords.of(self.pages[page_key(chosen)])
        return remembered.get(self.locale.language_code)

    def row(self, value: StructValue) -> StructValue | None:
        """Return a block's row of text in this language, None if there is none."""
        return next((row for row in value["texts"] if row["language"] == self.locale.language_code), None)

    def words_of(self, value: StructValue, *, needed: str) -> StructValue:
        """Return a block's row of text in this language; raise LeftOut if its field `needed` has no visible text."""
        row = self.row(value)
        if row is None or not is_visible(str(getattr(row[needed], "source", row[needed]))):
            raise LeftOut(NO_WORDS)
        return row

    def rich_text(self, source: str) -> MailText:
        """Return stored rich text prepared for a mail; raise RichTextTooDeep if a mail cannot hold it."""
        return mail_text(source, base_url=conf.PUBLIC_URL, css=text_css(self.look))

    def picture(self, key: int | None, *, cut: Cut, alt: str) -> Picture | None:
        """Return the image cut for its place, None if there is none; raise NoPicture if it cannot be shown."""
        if key is None:
            return None
        if key not in self.images:
            raise Deleted
        if key in self.private:
            raise Private
        return cut_picture(self.images[key], cut=cut, alt=alt)


def load_pages(
    body: StreamValue, *, sources: Mapping[str, Source], locale: Locale, site: Site, now: datetime, look: Look
) -> LoadedPages:
    """Return what the blocks of `body` need in `locale`; more blocks do not take more queries."""
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
    return LoadedPages(
        locale=locale,
        pages={page_key(page): page for page in pages},
        images=images,
        private=frozenset(key for key, image in images.items() if image.collection_id in closed),
        sources=dict(sources),
        look=look,
        hosts=_picture_hosts(),
    )


def _load_images(keys: Iterable[int | None]) -> dict[int, AbstractImage]:
    specs = {cut.spec for cut in (PICTURE, THUMBNAIL, WIDE)}
    return get_image_model().objects.prefetch_renditions(*specs).in_bulk({key for key in keys if key})


def _picture_hosts() -> frozenset[str]:
    sites = {root.site.pk: root.site.root_url for root in structure().roots}.values()
    addresses = (conf.PUBLIC_URL, default_storage.url("x"), *sites)
    return frozenset(urlsplit(url).netloc for address in addresses for url in (address, with_ascii_host(address))) - {
        ""
    }
