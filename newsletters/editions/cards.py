"""The one seam between an issue's content and MJML: plugins' story cards, and templates of the editor's own blocks."""

from __future__ import annotations

from collections.abc import Mapping

from bs4 import BeautifulSoup
from django.template.loader import render_to_string
from django.utils.translation import get_language_info

from cms.plugins import IssueBlockKind, StoryCard
from cms.plugins.fences import complain, fenced
from cms.plugins.registry import story_cards
from newsletters.editions.loaded_pages import LoadedPages
from newsletters.editions.markup import require_well_formed, without_unsafe
from newsletters.editions.template_values import RenderedStory, Story
from newsletters.editions.words.directions import with_directions

TITLES = ["h1", "h2", "h3", "h4", "h5", "h6"]
TEXT_MJML = "newsletters/mail/blocks/text.mjml"
ANY_PAGE = StoryCard(type="page", section="theme", mjml="cms/mail/page.mjml", text="cms/mail/page.txt")


def direction_of(language: str) -> str:
    """Return the writing direction of this language: "rtl" or "ltr"."""
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def render_card(story: Story, *, loaded: LoadedPages) -> RenderedStory:
    """Return the story as its plugin's card renders it, or as the card for any page does if that fails."""
    card = story_cards().get(story.card, ANY_PAGE)
    context = _context(loaded) | {"story": story}
    shown = fenced(
        "story card", lambda: _by_card(card, story, loaded=loaded), of=card, about=story.title, otherwise=None
    )
    mjml, text, column = shown or _by_card(ANY_PAGE, story, loaded=loaded)
    if not _shows_link(mjml, story):
        mjml += render_to_string("cms/mail/_link.mjml", context)
    if not _shows_link(column, story):
        column = ""  # without it the story takes the whole width, where there is room for its link
    if story.link_text not in text or story.url not in text:
        text += "\n" + render_to_string("cms/mail/_link.txt", context)
    return RenderedStory(story=story, mjml=mjml, text=text, column=column)


def _by_card(card: StoryCard, story: Story, *, loaded: LoadedPages) -> tuple[str, str, str]:
    context = _context(loaded) | {"story": story}
    mjml, text = render_to_string(card.mjml, context), str(render_to_string(card.text, context))
    column = render_to_string(card.column, context) if card.column and loaded.look.columns == 2 else ""
    require_well_formed(mjml)
    if column:
        require_well_formed(column, is_column=True)
    about, hosts = story.title, loaded.hosts
    return _safe(mjml, of=card, about=about, hosts=hosts), text, _safe(column, of=card, about=about, hosts=hosts)


def _safe(mjml: str, *, of: StoryCard | IssueBlockKind, about: str, hosts: frozenset[str]) -> str:
    safe, found = without_unsafe(mjml, hosts=hosts)
    if found:
        complain("mail template", of=of, about=about, error=f"unsafe markup was taken out: {', '.join(found)}")
    return safe


def _shows_link(markup: str, story: Story) -> bool:
    """Say whether the story's link text is a link in the markup; a linked title does not look like one."""
    words = " ".join(story.link_text.split())
    links = BeautifulSoup(markup, "html.parser").find_all(href=story.url)
    seen = [link for link in links if link.get("aria-hidden") != "true" and not link.find_parent(TITLES)]
    return any(words in " ".join(link.get_text().split()) for link in seen)


def render_own(kind: IssueBlockKind, block: Mapping[str, object], *, loaded: LoadedPages) -> tuple[str, str]:
    """Return a block as MJML and as plain text, rendered by the templates of its kind."""
    context = _context(loaded) | {"block": block, "value": block}
    mjml: str = kind.mjml and render_to_string(kind.mjml, context)
    text: str = kind.text and render_to_string(kind.text, context)
    if kind.template:
        words = loaded.rich_text(render_to_string(kind.template, context))
        html = {"block": {"html": with_directions(words.html)}}
        mjml, text = mjml or render_to_string(TEXT_MJML, context | html), text or words.text
    require_well_formed(mjml)
    return _safe(mjml, of=kind, about=kind.name, hosts=loaded.hosts), text.strip()


def _context(loaded: LoadedPages) -> dict[str, object]:
    language = loaded.locale.language_code
    return {"language": language, "direction": direction_of(language), "look": loaded.look}
