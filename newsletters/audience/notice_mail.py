"""Mails about a subscription itself, in the newsletter's look: why it comes, one thing to do, and what else to know.

Each is compiled once for everybody who gets the same mail; only the address to open differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from html import escape

from django.template.loader import render_to_string
from django.utils import translation
from wagtail.models import Locale

from newsletters.audience.notice_words import NoticeKind, NoticeWords, words_of
from newsletters.editions.cards import direction_of
from newsletters.editions.look import mail_look
from newsletters.editions.mjml import to_html
from newsletters.editions.template_values import Sender
from newsletters.editions.words.safety import printable
from newsletters.models import Newsletter
from newsletters.values.look import Look


@dataclass(frozen=True, kw_only=True)
class NoticeMail:
    """All that the mail says except the address to open."""

    language: str
    direction: str
    words: NoticeWords
    sender: Sender
    look: Look

    @property
    def subject(self) -> str:
        """The subject, which is the title of the HTML too."""
        return self.words.subject

    @cached_property
    def url(self) -> str:
        """A placeholder for the address until it is filled in: a digest of the whole mail."""
        return f"{sha256(repr(self).encode()).hexdigest()}-notice"


@dataclass(frozen=True, kw_only=True)
class CompiledNotice:
    """A mail with the placeholder `place` in place of the address."""

    subject: str
    html: str
    text: str
    place: str

    def html_for(self, url: str) -> str:
        """Return the HTML with a link to this address."""
        return self.html.replace(self.place, escape(url))

    def text_for(self, url: str) -> str:
        """Return the plain text with this address."""
        return self.text.replace(self.place, url)


def notice_of(kind: NoticeKind, *, newsletter: Newsletter, locale: Locale) -> CompiledNotice:
    """Return the mail of this kind for a newsletter, in one of its languages."""
    text = newsletter.text_in(locale)
    with translation.override(locale.language_code):
        words = words_of(kind, newsletter=printable(text.title if text else newsletter.name))
    return compile_notice(
        NoticeMail(
            language=locale.language_code,
            direction=direction_of(locale.language_code),
            words=words,
            sender=Sender(
                name=newsletter.sender_name,
                postal_address=newsletter.postal_address,
                registration_number=newsletter.registration_number,
            ),
            look=mail_look(newsletter),
        )
    )


@lru_cache(maxsize=64)
def compile_notice(mail: NoticeMail) -> CompiledNotice:
    """Return the mail as HTML and as plain text."""
    with translation.override(mail.language):
        mjml, text = (
            printable(render_to_string(f"newsletters/mail/notice.{kind}", {"mail": mail})) for kind in ("mjml", "txt")
        )
    return CompiledNotice(subject=mail.subject, html=to_html(mjml), text=text, place=mail.url)
