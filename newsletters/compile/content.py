"""Load what an issue says in one language, once, for all its editions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from cms.registry import story_cards
from newsletters.compile.look import mail_look
from newsletters.compile.rich_text import to_mail_html, to_mail_text
from newsletters.compile.stories import Remark, tell_stories, theme_label
from newsletters.conf import conf
from newsletters.exceptions import NoSubject, StoryFailed
from newsletters.mail import Look, RenderedStory, Sender, Story, ThemeLabel
from newsletters.models import IssuePage, IssueText, Newsletter


@dataclass(frozen=True, kw_only=True)
class IssueContent:
    """An issue in one language, before it is narrowed to a set of themes."""

    locale: Locale
    newsletter: str
    text: IssueText
    direction: str
    date_label: str
    intro_html: str
    intro_text: str
    lead: Story | None
    stories: tuple[RenderedStory, ...]
    themes: tuple[ThemeLabel, ...]
    sender: Sender
    view_online_url: str
    look: Look
    remarks: tuple[Remark, ...]


def load_content(issue: IssuePage, *, newsletter: Newsletter, locale: Locale, now: datetime) -> IssueContent:
    """Return what the issue says in `locale`; raise IssueProblem if it has no words or a story fails."""
    text = issue.text_in(locale)
    title = newsletter.text_in(locale)
    if text is None or title is None or not text.subject.strip():
        raise NoSubject(format_lazy(_("The issue has no words in {language}."), language=locale.get_display_name()))
    code, look = locale.language_code, mail_look(newsletter)
    with translation.override(code):
        told, remarks = tell_stories(issue.body, locale=locale, site=issue.get_site(), now=now)
        lead = next((one.story for one in told if one.is_lead), None)
        intro_html = to_mail_html(text.intro, base_url=conf.PUBLIC_URL, css=_intro_css(look))
        return IssueContent(
            locale=locale,
            newsletter=title.title,
            text=text,
            direction="rtl" if get_language_info(code)["bidi"] else "ltr",
            date_label=date_format(issue.issue_date, "F Y"),
            intro_html=intro_html,
            intro_text=to_mail_text(intro_html),
            lead=lead,
            stories=tuple(_render_card(one.story, language=code, look=look) for one in told if one.story is not lead),
            themes=_all_themes(locale),
            sender=_sender(newsletter),
            view_online_url=f"{conf.PUBLIC_URL}{reverse('newsletters:online', args=[issue.pk, code])}",
            look=look,
            remarks=tuple(remarks),
        )


def _intro_css(look: Look) -> str:
    return (
        "p, ul, ol { margin: 0 0 16px; } ul, ol { padding-left: 24px; } "
        f"a {{ color: {look.link}; text-decoration: underline; }}"
    )


def _render_card(story: Story, *, language: str, look: Look) -> RenderedStory:
    card = story_cards()[story.card]
    context = {"story": story, "language": language, "look": look}
    try:
        mjml, text = render_to_string(card.mjml, context), render_to_string(card.text, context)
        column = render_to_string(card.column, context) if card.column and look.columns == 2 else ""
    except Exception as error:
        # A plugin's template may raise anything; whatever it is, staff must learn which story it was.
        raise StoryFailed(
            format_lazy(_("The story “{title}” cannot be shown: {error}"), title=story.title, error=error)
        ) from error
    return RenderedStory(story=story, mjml=mjml, text=text, column=column)


def _all_themes(locale: Locale) -> tuple[ThemeLabel, ...]:
    themes = Theme.objects.prefetch_related("names__locale")
    return tuple(theme_label(theme, locale=locale) for theme in themes)


def _sender(newsletter: Newsletter) -> Sender:
    return Sender(
        name=newsletter.sender_name,
        postal_address=newsletter.postal_address,
        registration_number=newsletter.registration_number,
    )
