"""The look-ups of one response: each kind of object is loaded once, for all pages together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property
from typing import TypedDict, TypeVar, cast
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from wagtail.documents import get_document_model
from wagtail.images.models import AbstractImage
from wagtail.models import Page, Site
from wagtail.query import PageQuerySet

from cms.api.lookups.embeds import load_embeds
from cms.api.lookups.images import absolute, build_image, load_images
from cms.api.lookups.labels import Labels, build_cross_cutting, build_themes, draft_tags, load_labels
from cms.api.lookups.rich_text import expand
from cms.api.values import CrossCuttingRef, Document, Embed, Image, PageRef, TagRef, ThemeRef
from cms.content.queries import load_keys, public_files, public_pages
from cms.content.references import stored_key
from cms.content.site_tree import structure
from cms.models import HubPage
from cms.pictures.renditions import PresetName
from cms.plugins import References
from cms.plugins.registry import page_types

Loaded = TypeVar("Loaded")

# The fields of a page that `place` and `ref` need.
PLACE_FIELDS = ("path", "title", "url_path", "translation_key", "locale_id", "content_type_id")


class Place(TypedDict):
    """The values of a `PageRef`."""

    id: int
    type: str
    title: str
    locale: str
    path: str
    url: str


class BuildContext:
    """The look-ups of one response about `pages`, which refer to `references`; all results are public.

    What is not in `references` is loaded on demand, with a query each time.
    With `draft`, themes and tags are those of the pages in memory, for previews of unsaved pages.
    """

    def __init__(
        self,
        *,
        site: Site,
        now: datetime,
        pages: Sequence[HubPage],
        references: References,
        draft: bool = False,
    ) -> None:
        self.site = site
        self.now = now
        self.draft = draft
        self._pages = pages
        self._references = references
        self._structure = structure()
        self._loaded: dict[str, object] = {}

    def place(self, page: HubPage) -> Place:
        """Return the values of a `PageRef` to this page."""
        root = self._structure.root_over(page.url_path, site=self.site)
        path = f"{root.address}{page.url_path.removeprefix(root.url_path)}" if root else ""
        return {
            "id": page.pk or 0,
            "type": self._types[page.content_type_id],
            "title": page.title,
            "locale": self.language(page),
            "path": path,
            "url": f"{root.site.root_url}{path}" if root else "",
        }

    def ref(self, page: HubPage) -> PageRef:
        """Return a reference to this page, which the caller knows to be public."""
        return PageRef(**self.place(page))

    def page(self, pk: int | None, *, locale_id: int) -> PageRef | None:
        """Return a reference to the page, or to its translation in that language; None if none of them is public."""
        if pk is None:
            return None
        if pk not in self._links:
            self._links |= self._load_links({pk})
        translations = self._links[pk]
        found = translations.get(locale_id) or next((page for page in translations.values() if page.pk == pk), None)
        return self.ref(found) if found else None

    def pages(self, keys: Iterable[int | None], *, locale_id: int) -> list[PageRef]:
        """Return `page` for each of these keys, in their order, each page once and without those not public."""
        found = (self.page(pk, locale_id=locale_id) for pk in keys)
        return list({ref.id: ref for ref in found if ref is not None}.values())

    def card_page(self, pk: int | None, *, locale_id: int) -> HubPage | None:
        """Return the specific page, or its translation in that language, for a summary; None if none is public.

        Its body is not loaded. `Summary.build` with this context costs no query for such a page.
        """
        if pk is None:
            return None
        if pk not in self._cards:
            self._cards |= self._load_cards({pk})
        translations = self._cards[pk]
        return translations.get(locale_id) or next((page for page in translations.values() if page.pk == pk), None)

    def adopt(self, pages: Sequence[HubPage]) -> None:
        """Load the pictures, themes and tags of these specific public pages at once, for their summaries."""
        images = [page.image for page in pages if page.image]
        missing = {image.pk for image in images} - self._images.keys()
        self._images |= dict.fromkeys(missing) | load_images(missing, at_hand=images)
        self._labels.add(load_labels([page.pk for page in pages]))

    def image(self, pk: int | None, *, alt: str, preset: PresetName, is_decorative: bool = False) -> Image | None:
        """Return the image with the files of `preset`; None if there is none or it is not public.

        Without `alt` it has its own description, unless it `is_decorative`.
        """
        if pk is None:
            return None
        if pk not in self._images:
            self._images |= {pk: None, **load_images([pk])}
        image = self._images[pk]
        return build_image(image=image, alt=alt, preset=preset, is_decorative=is_decorative) if image else None

    def document(self, pk: int | None) -> Document | None:
        """Return the document; None if there is none or it is not public."""
        if pk is None:
            return None
        if pk not in self._documents:
            self._documents |= _load_documents([pk])
        return self._documents[pk]

    def embed(self, url: str) -> Embed | None:
        """Return the embed of this address, as it was when an editor inserted it; None if it is no web address."""
        if url not in self._embeds:
            self._embeds |= load_embeds([url])
        return self._embeds[url]

    def html(self, source: str, *, locale_id: int) -> str:
        """Return the HTML of a stored rich text; its links lead to pages in that language where these exist."""

        def page_href(key: str) -> str | None:
            found = self.page(stored_key(key), locale_id=locale_id)
            return found.path if found else None

        def document_href(key: str) -> str | None:
            found = self.document(stored_key(key))
            return found.url if found else None

        def image(key: str) -> Image | None:
            return self.image(stored_key(key), alt="", preset="wide")

        return expand(source, page_href=page_href, document_href=document_href, image=image, embed=self.embed)

    def once(self, key: str, load: Callable[[], Loaded]) -> Loaded:
        """Return what `load` returns, called once for this response: for a small table of a plugin.

        `key` starts with the plugin's name ("themes.series"), and always stands for the same kind of value.
        """
        if key not in self._loaded:
            self._loaded[key] = load()
        return cast("Loaded", self._loaded[key])

    def themes(self, page: HubPage) -> list[ThemeRef]:
        """Return the page's themes, named in the page's language."""
        keys = (
            {theme.pk for theme in page.themes.all()} if self._is_draft(page) else self._labels.themes.get(page.pk, ())
        )
        return build_themes(themes=self._structure.themes.values(), keys=keys, language=self.language(page))

    def cross_cutting(self, page: HubPage) -> list[CrossCuttingRef]:
        """Return the page's cross-cutting themes, named in the page's language."""
        themes = self._structure.cross_cutting_themes.values()
        if self._is_draft(page):
            keys: Collection[int] = {theme.pk for theme in page.cross_cutting.all()}
        else:
            keys = self._labels.cross_cutting.get(page.pk, ())
        return build_cross_cutting(themes=themes, keys=keys, language=self.language(page))

    def theme_slug(self, pk: int) -> str:
        """Return the theme's slug; empty if there is no such theme."""
        theme = self._structure.themes.get(pk)
        return theme.slug if theme else ""

    def tags(self, page: HubPage) -> list[TagRef]:
        """Return the page's tags, by name."""
        return draft_tags(page) if self._is_draft(page) else self._labels.tags.get(page.pk, [])

    def ancestors(self, page: HubPage) -> list[PageRef]:
        """Return the public pages above this one, from the front page down."""
        paths = _paths_above(page)
        above = {other.path: other for other in self._around if other.path in paths}
        return [self.ref(above[path]) for path in sorted(above)]

    def translations(self, page: HubPage) -> list[PageRef]:
        """Return the public translations of this page, by language code."""
        same = (other for other in self._around if other.translation_key == page.translation_key)
        return sorted((self.ref(other) for other in same if other.pk != page.pk), key=lambda ref: ref.locale)

    def _is_draft(self, page: HubPage) -> bool:
        return self.draft and any(page is own for own in self._pages)

    def language(self, page: HubPage) -> str:
        """Return the code of the page's language."""
        return self._structure.languages.get(page.locale_id) or page.locale.language_code

    @cached_property
    def _types(self) -> dict[int, str]:
        content_types = ContentType.objects.get_for_models(*page_types())
        return {content_type.pk: page_types()[model].type for model, content_type in content_types.items()}

    @cached_property
    def _labels(self) -> Labels:
        return load_labels([page.pk for page in self._pages])

    @cached_property
    def _images(self) -> dict[int, AbstractImage | None]:
        keys = self._references.images
        at_hand = [page.image for page in self._pages if HubPage.image.is_cached(page) and page.image]
        return {**dict.fromkeys(keys), **load_images(keys, at_hand=at_hand)}

    @cached_property
    def _embeds(self) -> dict[str, Embed | None]:
        return load_embeds(self._references.embeds)

    @cached_property
    def _documents(self) -> dict[int, Document | None]:
        return _load_documents(self._references.documents)

    @cached_property
    def _around(self) -> list[HubPage]:
        """The public pages above the pages of this response, and their translations."""
        paths = {path for page in self._pages for path in _paths_above(page)}
        keys = {page.translation_key for page in self._pages}
        return list(self._public().filter(Q(path__in=paths) | Q(translation_key__in=keys)).only(*PLACE_FIELDS))

    @cached_property
    def _links(self) -> dict[int, dict[int, HubPage]]:
        return self._load_links(self._references.pages)

    def _load_links(self, keys: AbstractSet[int]) -> dict[int, dict[int, HubPage]]:
        """Return, for each key, the public translations of that page (including itself) by their locales."""
        if not keys:
            return {}
        linked = Page.objects.filter(pk__in=keys).values("translation_key")
        found: defaultdict[UUID, dict[int, HubPage]] = defaultdict(dict)
        for page in self._public().filter(translation_key__in=linked).only(*PLACE_FIELDS):
            found[page.translation_key][page.locale_id] = page
        originals = {page.pk: page.translation_key for pages in found.values() for page in pages.values()}
        if hidden := keys - originals.keys():  # a draft or a deleted page; a translation of a draft may be public
            originals |= dict(Page.objects.filter(pk__in=hidden).values_list("pk", "translation_key"))
        return {key: found[originals[key]] if key in originals else {} for key in keys}

    @cached_property
    def _cards(self) -> dict[int, dict[int, HubPage]]:
        return self._load_cards(self._references.cards)

    def _load_cards(self, keys: AbstractSet[int]) -> dict[int, dict[int, HubPage]]:
        """Return, for each key, the specific public translations of that page (including itself) by their locales."""
        links = self._load_links(keys)
        types = {page.pk: page.content_type_id for pages in links.values() for page in pages.values()}
        found = {page.pk: page for page in load_keys(types, bodies=False)}
        self.adopt(list(found.values()))
        return {
            key: {locale: found[page.pk] for locale, page in pages.items() if page.pk in found}
            for key, pages in links.items()
        }

    def _public(self) -> PageQuerySet:
        return public_pages(site=self.site, now=self.now)


def _paths_above(page: HubPage) -> list[str]:
    return [page.path[:end] for end in range(page.steplen, len(page.path), page.steplen)]


def _load_documents(keys: Collection[int]) -> dict[int, Document | None]:
    found: dict[int, Document | None] = dict.fromkeys(keys)
    for document in public_files(get_document_model()).filter(pk__in=keys) if keys else ():
        found[document.pk] = Document(
            title=document.title,
            url=absolute(document.url),
            size=document.file_size,
            extension=document.file_extension,
        )
    return found
