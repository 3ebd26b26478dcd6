"""The one seam between an issue's content and MJML: plugins' story cards, and templates of the editor's own blocks."""

from __future__ import annotations

from collections.abc import Mapping

from bs4 import BeautifulSoup
from django.template.loader import render_to_string
from django.utils.translation import get_language_info

from cms.plugins import IssueBlockKind, StoryCard
from cms.plugins.fences import complain, fenced
from cms.plugins.registry import story_cards, story_sections
from newsletters.conf import conf
from newsletters.editions.loaded_pages import LoadedPages
from newsletters.editions.markup import (
    require_known,
    require_well_formed,
    shows_title,
    unsafe_in_page,
    without_unsafe,
    words_in,
)
from newsletters.editions.template_values import RenderedStory, Story
from newsletters.editions.words.directions import with_directions
from newsletters.editions.words.safety import is_visible

TITLES = ["h1", "h2", "h3", "h4", "h5", "h6"]
TEXT_MJML = "newsletters/mail/blocks/text.mjml"
ANY_PAGE = StoryCard(type="page", section="theme", mjml="cms/mail/page.mjml", text="cms/mail/page.txt")


def direction_of(language: str) -> str:
    """Return the writing direction of this language: "rtl" or "ltr"."""
    return "rtl" if get_language_info(language)["bidi"] else "ltr"


def render_card(story: Story, *, loaded: LoadedPages) -> RenderedStory:
    """Return the story as its plugin's card renders it, or as the card for any page does if that fails."""
    card = story_cards().get(story.card, ANY_PAGE)
    _require_section(card, loaded=loaded)
    context = _context(loaded) | {"story": story}
    shown = fenced(
        "story card", lambda: _by_card(card, story, loaded=loaded), of=card, about=story.title, otherwise=None
    )
    if shown and not _shows_title(shown, story, of=card):
        shown = None
    mjml, text, column = shown or _by_card(ANY_PAGE, story, loaded=loaded)
    if not _shows_link(mjml, story):
        mjml += render_to_string("cms/mail/_link.mjml", context)
    if not _shows_link(column, story):
        column = ""  # without it the story takes the whole width, where there is room for its link
    if story.link_text not in text or story.url not in text:
        text += "\n" + render_to_string("cms/mail/_link.txt", context)
    return RenderedStory(story=story, mjml=mjml, text=text, column=column)


def _require_section(card: StoryCard, *, loaded: LoadedPages) -> None:
    """Complain, once, if no plugin declares the section that the card names: its stories are then under themes."""
    if card.section in story_sections() or card.type in loaded.without_section:
        return
    loaded.without_section.add(card.type)
    complain("section", of=card, about=card.type, error=f"no plugin declares the section “{card.section}”")


def _by_card(card: StoryCard, story: Story, *, loaded: LoadedPages) -> tuple[str, str, str]:
    context = _context(loaded) | {"story": story}
    mjml, text = render_to_string(card.mjml, context), str(render_to_string(card.text, context))
    column = render_to_string(card.column, context) if card.column and loaded.look.columns == 2 else ""
    about, hosts = story.title, loaded.hosts
    safe = _safe(mjml, of=card, about=about, hosts=hosts)
    return safe, text, column and _safe(column, of=card, about=about, hosts=hosts, is_column=True)


def _safe(
    mjml: str, *, of: StoryCard | IssueBlockKind, about: str, hosts: frozenset[str], is_column: bool = False
) -> str:
    """Return the MJML without what no mail may contain; raise IssueProblem if it could break the whole mail."""
    require_well_formed(mjml, is_column=is_column)
    safe, found = without_unsafe(mjml, hosts=hosts)
    _complain_of_unsafe(found, of=of, about=about)
    require_known(safe)
    return safe


def _complain_of_unsafe(found: tuple[str, ...], *, of: StoryCard | IssueBlockKind, about: str) -> None:
    if found:
        complain("mail template", of=of, about=about, error=f"unsafe markup was taken out: {', '.join(found)}")


def _shows_title(shown: tuple[str, str, str], story: Story, *, of: StoryCard) -> bool:
    """Say whether all that the card rendered shows the story's title; complain if not."""
    mjml, text, column = shown
    parts = {"MJML": words_in(mjml), "plain text": text} | ({"column": words_in(column)} if column else {})
    silent = [name for name, words in parts.items() if not shows_title(words, story.title)]
    if silent:
        complain("mail template", of=of, about=story.title, error=f"its {silent[0]} does not show the title")
    return not silent


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
        html = render_to_string(kind.template, context)
        unsafe = unsafe_in_page(html, hosts=loaded.hosts, base_url=conf.PUBLIC_URL)
        _complain_of_unsafe(unsafe, of=kind, about=kind.name)
        words = loaded.rich_text(html)
        shown = {"block": {"html": with_directions(words.html)}}
        mjml, text = mjml or render_to_string(TEXT_MJML, context | shown), text or words.text
    mjml, text = _safe(mjml, of=kind, about=kind.name, hosts=loaded.hosts), text.strip()
    if not kind.is_rule and (error := _why_silent(mjml, text)):
        complain("mail template", of=kind, about=kind.name, error=error)
    return mjml, text


def _why_silent(mjml: str, text: str) -> str:
    """Return what a block fails to show; empty if it shows words in both forms, or a picture."""
    if is_visible(words_in(mjml)):
        return "" if is_visible(text) else "shows nothing as plain text"
    return "" if "<img" in mjml or "<mj-image" in mjml else "shows nothing"


def _context(loaded: LoadedPages) -> dict[str, object]:
    language = loaded.locale.language_code
    return {"language": language, "direction": direction_of(language), "look": loaded.look}
