"""Turn an issue's story blocks into stories of one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from cms.plugins import StoryCard
from cms.plugins.registry import card_for
from newsletters.editions.loaded_pages import Material
from newsletters.editions.notices import Notice, left_out
from newsletters.editions.pictures import PICTURE, THUMBNAIL, Cut, NoPicture
from newsletters.editions.template_values import Story, ThemeLabel
from newsletters.editions.words.safety import is_visible
from newsletters.values.look import Picture
from newsletters.values.page_words import PageWords, told_words


@dataclass(frozen=True, kw_only=True)
class Told:
    """A story as it is told in one language, whether it leads, and the number of its block.

    `page` and `image` are the keys of what it shows, `alt` is the picture's text alternative.
    """

    story: Story
    is_lead: bool
    position: int
    page: int
    image: int | None
    alt: str


def tell_stories(blocks: Iterable[Any], *, material: Material) -> tuple[list[Told], list[Notice]]:
    """Return the stories that can be told in the material's language, in order, and notices on those that cannot."""
    told, notices = [], []
    for position, block in enumerate(blocks):
        if block.block_type != "story" or not block.value["page"]:
            continue
        value, block_id = block.value, str(block.id or "")
        page, row = material.page(value["page"]), material.row(value)
        source = material.words(value["page"]) if page else None
        if page is None or row is None or not (row["title"] or source):
            missing = _("its page is not public in this language") if page is None else _("it has no words")
            notices.append(left_out(block_id, missing, locale=material.locale))
            continue
        key, alt = _picture_of(page, value=value, source=source)
        pictures, picture_notices = pictures_of(key, alt=alt, block_id=block_id, material=material)
        teaser, words = _words(value, row=row, source=source)
        story = story_of(page, teaser=teaser, words=words, material=material, block_id=block_id, pictures=pictures)
        told.append(Told(story=story, is_lead=value["is_lead"], position=position, page=page.pk, image=key, alt=alt))
        notices.extend(picture_notices)
    return told, notices


def _picture_of(page: Any, *, value: Any, source: PageWords | None) -> tuple[int | None, str]:
    if value["image"]:
        return value["image"].pk, value["image"].description
    return (source.image, source.alt) if source else (page.image_id, page.alt)


def _words(value: Any, *, row: Any, source: PageWords | None) -> tuple[str, dict[str, str]]:
    words = told_words(row, source)
    return "" if value.get("without_teaser") else words["teaser"], words


def pictures_of(
    key: int | None, *, alt: str, block_id: str, material: Material, small: Cut = THUMBNAIL
) -> tuple[dict[str, Picture | None], list[Notice]]:
    """Return a story's picture and thumbnail, or none and a notice if they cannot be shown."""
    try:
        return {
            "picture": material.picture(key, cut=PICTURE, alt=alt),
            "thumbnail": material.picture(key, cut=small, alt=alt),
        }, []
    except NoPicture as reason:
        return {}, [Notice(block_id=block_id, message=reason.story, mend=reason.mend)]


def story_of(
    page: Any,
    *,
    words: dict[str, str],
    teaser: str,
    material: Material,
    block_id: str = "",
    pictures: Mapping[str, Picture | None],
) -> Story:
    """Return the story of this page in these words, with what its type's card adds."""
    card = card_for(page)
    link_text, link_name = _link_words(page, card=card, words=words)
    return Story(
        card=card.type if card else "page",
        section=card.section if card else "theme",
        title=words["title"],
        teaser=teaser,
        link_text=link_text,
        link_name=link_name,
        url=page.full_url,
        themes=tuple(theme_label(theme, locale=material.locale) for theme in _main_theme_first(page)),
        facts=card.facts(page) if card else {},
        block_id=block_id,
        **pictures,
    )


def _link_words(page: Any, *, card: StoryCard | None, words: dict[str, str]) -> tuple[str, str]:
    """Return the words of a story's link, and its name where the words are its type's and tell it from no other."""
    if is_visible(words["link_text"]):
        return words["link_text"], ""
    title = words["title"]
    of_type = str(card.link_text(page)).strip() if card else ""
    if not of_type:
        return _("Go to “%(title)s”") % {"title": title}, ""
    return of_type, "" if title in of_type else f"{of_type}: {title}"


def _main_theme_first(page: Any) -> list[Theme]:
    main = page.main_theme
    return sorted(page.themes.all(), key=lambda theme: theme != main)


def theme_label(theme: Theme, *, locale: Locale) -> ThemeLabel:
    """Return the theme as a reader of this language sees it."""
    return ThemeLabel(slug=theme.slug, name=theme.name_in(locale.language_code), colour=theme.colour)
