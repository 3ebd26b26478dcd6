"""A page as a story in one language: its words, pictures and themes, and what its type's card adds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import HubPage, Theme
from cms.plugins import Notice, StoryCard
from cms.plugins.fences import fenced, require_type
from cms.plugins.registry import card_for, story_sections
from newsletters.editions.loaded_pages import LoadedPages
from newsletters.editions.pictures import PICTURE, THUMBNAIL, Cut, NoPicture
from newsletters.editions.template_values import BY_THEME, Story, ThemeLabel
from newsletters.editions.words.safety import is_visible
from newsletters.values.look import Picture


def pictures_of(
    key: int | None, *, alt: str, loaded: LoadedPages, small: Cut = THUMBNAIL
) -> tuple[dict[str, Picture | None], tuple[Notice, ...]]:
    """Return a story's picture and thumbnail, or an empty mapping and a notice if they cannot be shown."""
    try:
        return {
            "picture": loaded.picture(key, cut=PICTURE, alt=alt),
            "thumbnail": loaded.picture(key, cut=small, alt=alt),
        }, ()
    except NoPicture as reason:
        return {}, (Notice(message=reason.story, mend=reason.mend),)


def story_of(
    page: HubPage,
    *,
    words: dict[str, str],
    teaser: str,
    loaded: LoadedPages,
    pictures: Mapping[str, Picture | None],
) -> Story:
    """Return the page as a story in these words, with what its type's card adds."""
    card = card_for(page)
    link_text, link_name = _link_words(page, card=card, words=words)
    return Story(
        card=card.type if card else "page",
        section=card.section if card and card.section in story_sections() else BY_THEME,
        title=words["title"],
        teaser=teaser,
        link_text=link_text,
        link_name=link_name,
        url=page.full_url,
        themes=tuple(theme_label(theme, locale=loaded.locale) for theme in _main_theme_first(page)),
        facts=fenced("facts", lambda: _as_json(card.facts(page)), of=card, about=page, otherwise={}) if card else {},
        picture=pictures.get("picture"),
        thumbnail=pictures.get("thumbnail"),
    )


def _link_words(page: HubPage, *, card: StoryCard | None, words: dict[str, str]) -> tuple[str, str]:
    """Return a story's link text, and a longer name for the link if its page type's text could be any story's."""
    if is_visible(words["link_text"]):
        return words["link_text"], ""
    title = words["title"]
    of_type = ""
    if card:

        def link_text() -> str:
            return str(require_type(card.link_text(page), (str, Promise))).strip()

        of_type = fenced("link text", link_text, of=card, about=page, otherwise="")
    if not of_type:
        return _("Go to “%(title)s”") % {"title": title}, ""
    return of_type, "" if title in of_type else f"{of_type}: {title}"


def _as_json(facts: Mapping[str, object]) -> Mapping[str, object]:
    """Return the facts of a card; raise TypeError if they are not a mapping that JSON can hold."""
    found = dict(facts)
    json.dumps(found, cls=DjangoJSONEncoder)
    return found


def _main_theme_first(page: HubPage) -> list[Theme]:
    main = page.main_theme
    return sorted(page.themes.all(), key=lambda theme: theme != main)


def theme_label(theme: Theme, *, locale: Locale) -> ThemeLabel:
    """Return the theme as a reader of this language sees it."""
    return ThemeLabel(slug=theme.slug, name=theme.name_in(locale.language_code), colour=theme.colour)
