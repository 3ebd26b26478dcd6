"""Load what an issue says in one language, once, for all its editions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from cms.plugins.issue_checks import Place
from newsletters.conf import conf
from newsletters.editions.cards import direction_of, render_card
from newsletters.editions.kept_values import BlockValue, block_values
from newsletters.editions.loaded_pages import Material, load_material
from newsletters.editions.look import mail_look
from newsletters.editions.notices import Notice, lost_link_notices
from newsletters.editions.own_blocks import render_blocks, text_css
from newsletters.editions.stories import Told, tell_stories, theme_label
from newsletters.editions.template_values import RenderedBlock, RenderedStory, Sender, Story, ThemeLabel
from newsletters.editions.words.directions import with_directions
from newsletters.editions.words.rich_text import mail_text
from newsletters.editions.words.safety import is_visible
from newsletters.exceptions import NoSubject, NoWords, problems_at
from newsletters.models import IssuePage, IssueText, Newsletter
from newsletters.values.look import Look


@dataclass(frozen=True, kw_only=True)
class IssueContent:
    """An issue in one language, before it is narrowed to a set of themes.

    `order` are all its stories as the editor placed them, None in the lead's place; `blocks` the editor's own.
    `values` are both, as a website shows them.
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
        return any(block.kind != "divider" and block.text for block in self.blocks)

    @property
    def says_something(self) -> bool:
        """Whether there is anything to read in this language."""
        return bool(self.order or self.has_own_blocks or self.intro_text)


def load_content(issue: IssuePage, *, newsletter: Newsletter, locale: Locale, now: datetime) -> IssueContent:
    """Return what the issue says in `locale`, which may be nothing.

    Raises NoWords if it is not written in it, NoSubject if what it says has none, IssueProblem if a story fails.
    """
    code, text = locale.language_code, issue.text_in(locale)
    title = newsletter.text_in(locale)
    if text is None or title is None:
        with problems_at(Place(part="subject"), language=code):
            raise NoWords(format_lazy(_("The issue has no words in {language}."), language=locale.get_display_name()))
    look = mail_look(newsletter)
    with translation.override(code):
        material = load_material(issue.body, sources=issue.sources, locale=locale, site=issue.get_site(), now=now)
        told, notices = tell_stories(issue.body, material=material)
        blocks, more_notices = render_blocks(issue.body, told=told, material=material, look=look)
        lead = next((one for one in told if one.is_lead), None)
        with problems_at(Place(part="intro"), language=code):
            intro = mail_text(text.intro, base_url=conf.PUBLIC_URL, css=text_css(look))
            if not is_visible(intro.text):
                intro = mail_text("", base_url=conf.PUBLIC_URL, css=text_css(look))
        said = text.intro if intro.text else ""
        content = IssueContent(
            locale=locale,
            newsletter=title.title,
            text=text,
            direction=direction_of(code),
            date_label=date_format(issue.issue_date, "F Y"),
            intro_html=with_directions(intro.html),
            intro_text=intro.text,
            lead=lead.story if lead else None,
            order=tuple(None if one is lead else _render(one, material=material, look=look) for one in told),
            blocks=tuple(blocks),
            values=tuple(block_values(issue.body, intro=said, text=text, told=told, blocks=blocks, material=material)),
            themes=_all_themes(locale),
            sender=_sender(newsletter),
            view_online_url=f"{conf.PUBLIC_URL}{reverse('newsletters:online', args=[issue.pk, code])}",
            look=look,
            notices=(*lost_link_notices(intro.lost, part="intro"), *notices, *more_notices),
        )
    if content.says_something and not is_visible(text.subject):
        words = _("The issue has no subject in {language}. Write one, or remove this language to leave it out.")
        with problems_at(Place(part="subject"), language=code):
            raise NoSubject(format_lazy(words, language=locale.get_display_name()))
    return content


def _render(told: Told, *, material: Material, look: Look) -> RenderedStory:
    with problems_at(Place(block_id=told.story.block_id), language=material.locale.language_code):
        return render_card(told.story, material=material, look=look)


def _all_themes(locale: Locale) -> tuple[ThemeLabel, ...]:
    themes = Theme.objects.prefetch_related("names__locale")
    return tuple(theme_label(theme, locale=locale) for theme in themes)


def _sender(newsletter: Newsletter) -> Sender:
    return Sender(
        name=newsletter.sender_name,
        postal_address=newsletter.postal_address,
        registration_number=newsletter.registration_number,
    )
