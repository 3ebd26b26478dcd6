"""The one seam between what an issue says and MJML: plugins' story cards, and the templates of own blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bs4 import BeautifulSoup
from django.template.loader import render_to_string
from django.utils.text import format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from cms.plugins import StoryCard
from cms.plugins.registry import story_cards
from newsletters.editions.loaded_pages import Material
from newsletters.editions.template_values import RenderedStory, Story
from newsletters.exceptions import StoryFailed
from newsletters.values.look import Look

TITLES = ["h1", "h2", "h3", "h4", "h5", "h6"]
ANY_PAGE = StoryCard(type="page", section="theme", mjml="cms/mail/page.mjml", text="cms/mail/page.txt")


def direction_of(language: str) -> str:
    """Return "rtl" or "ltr", as this language is written."""
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def render_card(story: Story, *, material: Material, look: Look) -> RenderedStory:
    """Return the story as its plugin's card shows it; raise StoryFailed, which names it, if the card cannot."""
    card = story_cards().get(story.card, ANY_PAGE)
    context = _context(material, look) | {"story": story}
    try:
        mjml, text = render_to_string(card.mjml, context), str(render_to_string(card.text, context))
        column = render_to_string(card.column, context) if card.column and look.columns == 2 else ""
    except Exception as error:
        # A plugin's template may raise anything; whatever it is, staff must learn which story it was.
        raise StoryFailed(
            format_lazy(_("The story “{title}” cannot be shown: {error}"), title=story.title, error=error)
        ) from error
    if not _shows_link(mjml, story):
        mjml += render_to_string("cms/mail/_link.mjml", context)
    if not _shows_link(column, story):
        column = ""  # it takes the whole width then, where its link has room
    if story.link_text not in text or story.url not in text:
        text += "\n" + render_to_string("cms/mail/_link.txt", context)
    return RenderedStory(story=story, mjml=mjml, text=text, column=column)


def _shows_link(markup: str, story: Story) -> bool:
    """Say whether there is a link on the story's link words; a title does not look like one."""
    words = " ".join(story.link_text.split())
    links = BeautifulSoup(markup, "html.parser").find_all(href=story.url)
    seen = [link for link in links if link.get("aria-hidden") != "true" and not link.find_parent(TITLES)]
    return any(words in " ".join(link.get_text().split()) for link in seen)


def render_own(kind: str, block: Mapping[str, Any], *, material: Material, look: Look) -> tuple[str, str]:
    """Return a block of the editor's own as MJML and as plain text."""
    context = _context(material, look) | {"block": block}
    name = f"newsletters/mail/blocks/{kind}"
    return render_to_string(f"{name}.mjml", context), render_to_string(f"{name}.txt", context).strip()


def _context(material: Material, look: Look) -> dict[str, Any]:
    language = material.locale.language_code
    return {"language": language, "direction": direction_of(language), "look": look}
