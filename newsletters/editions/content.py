"""Load what an issue says in one language, once, for all its editions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.models import Locale

from cms.models import Theme
from cms.plugins import IssueBlockKind, LeftOut, Notice, ToldBlock
from cms.plugins.fences import fenced, gathering_faults, require_type
from cms.plugins.issue_checks import Place
from cms.plugins.registry import issue_block_kinds
from newsletters.conf import conf
from newsletters.editions.blocks.story import STORY
from newsletters.editions.cards import direction_of, render_card, render_own
from newsletters.editions.loaded_pages import LoadedPages, load_pages
from newsletters.editions.look import mail_look
from newsletters.editions.notices import left_out, lost_link_notices, plugin_failed, plugin_missing
from newsletters.editions.stories import theme_label
from newsletters.editions.template_values import RenderedBlock, RenderedStory, Sender, Story, ThemeLabel
from newsletters.editions.words.directions import with_directions
from newsletters.editions.words.safety import is_visible
from newsletters.exceptions import IssueProblem, NoSubject, NoWords, problems_at
from newsletters.models import IssuePage, IssueText, Newsletter
from newsletters.values.look import Look

BlockValue = dict[str, Any]  # a block as it stays with the edition that is sent, as JSON


@dataclass(frozen=True, kw_only=True)
class IssueContent:
    """An issue in one language, before it is narrowed to a set of themes.

    `order` are all its stories as the editor placed them, None in the lead's place; `blocks` the editor's own.
    `values` are both, as they stay with the edition that is sent: words as readers got them, the keys of pages and
    pictures, and rich text as it is stored, so that a website can show what of it is still public.
    """

    locale: Locale
    newsletter: str
    text: IssueText
    direction: str
    date_label: str
    intro_html: str
    intro_text: str
    lead: Story | None
    order: tuple[RenderedStory | None, ...]
    blocks: tuple[RenderedBlock, ...]
    values: tuple[BlockValue, ...]
    themes: tuple[ThemeLabel, ...]
    sender: Sender
    view_online_url: str
    look: Look
    notices: tuple[Notice, ...]

    @property
    def stories(self) -> tuple[RenderedStory, ...]:
        """The stories beside the lead."""
        return tuple(story for story in self.order if story is not None)

    @property
    def has_own_blocks(self) -> bool:
        """Whether a block of the editor's own says something; a rule and a picture without words do not."""
        return any(not block.is_rule and block.text for block in self.blocks)

    @property
    def says_something(self) -> bool:
        """Whether there is anything to read in this language."""
        return bool(self.order or self.has_own_blocks or self.intro_text)


def load_content(issue: IssuePage, *, newsletter: Newsletter, locale: Locale, now: datetime) -> IssueContent:
    """Return what the issue says in `locale`, which may be nothing.

    Raises NoWords if it is not written in it, NoSubject if what it says has none, IssueProblem if
    rich text in it cannot be read.
    """
    code, text = locale.language_code, issue.text_in(locale)
    title = newsletter.text_in(locale)
    if text is None or title is None:
        with problems_at(Place(part="subject"), language=code):
            raise NoWords(format_lazy(_("The issue has no words in {language}."), language=locale.get_display_name()))
    look = mail_look(newsletter)
    with translation.override(code):
        loaded = load_pages(issue.body, sources=issue.sources, locale=locale, site=issue.get_site(), now=now, look=look)
        words = _gather(issue.body, loaded=loaded)
        with problems_at(Place(part="intro"), language=code):
            intro = loaded.rich_text(text.intro)
            if not is_visible(intro.text):
                intro = loaded.rich_text("")
        content = IssueContent(
            locale=locale,
            newsletter=title.title,
            text=text,
            direction=direction_of(code),
            date_label=date_format(issue.issue_date, "F Y"),
            intro_html=with_directions(intro.html),
            intro_text=intro.text,
            lead=words.lead,
            order=tuple(words.order),
            blocks=tuple(words.blocks),
            values=(*_opening(text, has_intro=bool(intro.text)), *words.values),
            themes=_all_themes(locale),
            sender=_sender(newsletter),
            view_online_url=f"{conf.PUBLIC_URL}{reverse('newsletters:online', args=[issue.pk, code])}",
            look=look,
            notices=(*lost_link_notices(intro.lost, part="intro"), *words.notices),
        )
    if content.says_something and not is_visible(text.subject):
        message = _("The issue has no subject in {language}. Write one, or remove this language to leave it out.")
        with problems_at(Place(part="subject"), language=code):
            raise NoSubject(format_lazy(message, language=locale.get_display_name()))
    return content


@dataclass(kw_only=True)
class _Words:
    """What the blocks of an issue say in one language, gathered block by block."""

    lead: Story | None = None
    order: list[RenderedStory | None] = field(default_factory=list)
    blocks: list[RenderedBlock] = field(default_factory=list)
    values: list[BlockValue] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def _gather(body: Iterable[blocks.StreamValue.StreamChild], *, loaded: LoadedPages) -> _Words:
    """Ask the kind of each block what it says, and render that."""
    words = _Words()
    for block in body:
        key = str(block.id or "")
        with gathering_faults() as faults, problems_at(Place(block_id=key), language=loaded.locale.language_code):
            notices = _add(block, key=key, words=words, loaded=loaded)
        notices += [plugin_failed(fault) for fault in dict.fromkeys(faults)]
        words.notices += [replace(notice, block_id=key) for notice in notices]
    return words


def _add(block: blocks.StreamValue.StreamChild, *, key: str, words: _Words, loaded: LoadedPages) -> list[Notice]:
    """Add what the block says to `words`; return what staff should know about it."""
    kind = issue_block_kinds().get(block.block_type)
    if kind is None:
        return [plugin_missing(block.value["kind"])]
    try:
        told = _ask(kind, block.value, loaded=loaded)
    except LeftOut as reason:
        return [left_out(reason.why, locale=loaded.locale, mend=reason.mend)]
    if told is None:
        return []
    if _place(kind, told, key=key, words=words, loaded=loaded):
        words.values.append({"id": key or None, "type": kind.name, **told.kept})
    return list(told.notices)


def _ask(kind: IssueBlockKind, value: object, *, loaded: LoadedPages) -> ToldBlock | None:
    """Return what a block says, None if its kind fails; raise LeftOut if it says nothing, IssueProblem if it cannot."""

    def ask() -> ToldBlock:
        told = require_type(kind.tell(value, loaded), ToldBlock)
        json.dumps(dict(told.kept))
        return told

    return fenced("tell", ask, of=kind, about=kind.name, otherwise=None, passing=(LeftOut, IssueProblem))


def _place(kind: IssueBlockKind, told: ToldBlock, *, key: str, words: _Words, loaded: LoadedPages) -> bool:
    """Render what a block says and put it in its place; say whether it has one."""
    story = replace(told.story, block_id=key) if told.story else None
    if kind is STORY and story:
        is_lead = words.lead is None and told.kept["is_lead"]
        words.lead = story if is_lead else words.lead
        words.order.append(None if is_lead else render_card(story, loaded=loaded))
        return True
    render = partial(_render, kind, told, story=story, key=key, follows=len(words.order), loaded=loaded)
    rendered = fenced("templates", render, of=kind, about=kind.name, otherwise=None)
    if rendered is not None:
        words.blocks.append(rendered)
    return rendered is not None


def _render(
    kind: IssueBlockKind, told: ToldBlock, *, story: Story | None, key: str, follows: int, loaded: LoadedPages
) -> RenderedBlock:
    if story:
        card = render_card(story, loaded=loaded)
        mjml, text = card.mjml, card.text
    else:
        mjml, text = render_own(kind, told.kept if told.shown is None else told.shown, loaded=loaded)
    return RenderedBlock(
        kind=kind.name,
        block_id=key,
        follows=follows,
        mjml=mjml,
        text=text,
        pictures=told.pictures,
        section=kind.section,
        is_rule=kind.is_rule,
    )


def _opening(text: IssueText, *, has_intro: bool) -> Iterator[BlockValue]:
    if has_intro:
        yield {"id": None, "type": "text", "html": text.intro}
    if text.signed_by:
        yield {"id": None, "type": "signature", "name": text.signed_by, "function": text.signed_function}


def _all_themes(locale: Locale) -> tuple[ThemeLabel, ...]:
    themes = Theme.objects.prefetch_related("names__locale")
    return tuple(theme_label(theme, locale=locale) for theme in themes)


def _sender(newsletter: Newsletter) -> Sender:
    return Sender(
        name=newsletter.sender_name,
        postal_address=newsletter.postal_address,
        registration_number=newsletter.registration_number,
    )
