"""Mails about a subscription itself, in the newsletter's look: why it comes, one thing to do, and what else to know.

Each is compiled once for everybody who gets the same mail; only the address to open differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from functools import cached_property, lru_cache
from hashlib import sha256
from html import escape

from django.template.loader import render_to_string
from django.utils import translation
from wagtail.models import Locale

from cms.values.mail_headers import POLICY, header_words
from newsletters.audience.notice_words import NoticeKind, NoticeWords, words_of
from newsletters.editions.cards import direction_of
from newsletters.editions.look import mail_look
from newsletters.editions.mjml import to_html
from newsletters.editions.template_values import Sender
from newsletters.editions.words.safety import printable
from newsletters.models import Newsletter
from newsletters.sending.transport.message import set_bodies
from newsletters.values.addresses import address
from newsletters.values.look import Look
from newsletters.values.personal_links import PersonalLinks


@dataclass(frozen=True, kw_only=True)
class NoticeMail:
    """All that the mail says except the address to open."""

    language: str
    direction: str
    words: NoticeWords
    sender: Sender
    look: Look
    has_links: bool = False  # to the choices of the reader and to leaving

    @property
    def subject(self) -> str:
        """The subject, which is the title of the HTML too."""
        return self.words.subject

    @cached_property
    def place(self) -> str:
        """What begins each placeholder for an address: a digest of the whole mail."""
        return sha256(repr(self).encode()).hexdigest()

    @property
    def url(self) -> str:
        """The placeholder for the address to open."""
        return f"{self.place}-notice"

    @property
    def preferences_url(self) -> str:
        """The placeholder for the link to the reader's choices."""
        return f"{self.place}-preferences"

    @property
    def unsubscribe_url(self) -> str:
        """The placeholder for the link to leave."""
        return f"{self.place}-unsubscribe"


@dataclass(frozen=True, kw_only=True)
class CompiledNotice:
    """A mail with placeholders, which begin with `place`, for addresses."""

    language: str
    subject: str
    html: str
    text: str
    place: str

    def html_for(self, url: str, *, links: PersonalLinks | None = None) -> str:
        """Return the HTML with a link to this address, and with the reader's own links if the mail has them."""
        return self._filled(self.html, url=escape(url), links=links)

    def text_for(self, url: str, *, links: PersonalLinks | None = None) -> str:
        """Return the plain text with the same addresses."""
        return self._filled(self.text, url=url, links=links)

    def _filled(self, body: str, *, url: str, links: PersonalLinks | None) -> str:
        if links is not None:
            body = body.replace(f"{self.place}-preferences", links.preferences)
            body = body.replace(f"{self.place}-unsubscribe", links.unsubscribe)
        return body.replace(f"{self.place}-notice", url)


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
            has_links=kind in {NoticeKind.WELCOME, NoticeKind.WELCOME_WITH_ISSUE, NoticeKind.STILL_WANTED},
        )
    )


def notice_message(
    mail: CompiledNotice,
    *,
    newsletter: Newsletter,
    email: str,
    url: str,
    links: PersonalLinks | None = None,
    now: datetime,
) -> EmailMessage:
    """Return the mail to this address, with the link `url` to open."""
    message = EmailMessage(policy=POLICY)
    message["From"] = address(newsletter.sender_email, name=newsletter.sender_name)
    # Without the name that was filled in: nobody has proven that it is theirs.
    message["To"] = address(email, name="")
    message["Reply-To"] = address(newsletter.reply_to, name=newsletter.sender_name)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=newsletter.domain)
    message["Auto-Submitted"] = "auto-generated"
    message["Subject"] = header_words(mail.subject)
    text, html = mail.text_for(url, links=links), mail.html_for(url, links=links)
    set_bodies(message, text=text, html=html, language=mail.language)
    return message


@lru_cache(maxsize=64)
def compile_notice(mail: NoticeMail) -> CompiledNotice:
    """Return the mail as HTML and as plain text."""
    with translation.override(mail.language):
        mjml, text = (
            printable(render_to_string(f"newsletters/mail/notice.{kind}", {"mail": mail})) for kind in ("mjml", "txt")
        )
    return CompiledNotice(language=mail.language, subject=mail.subject, html=to_html(mjml), text=text, place=mail.place)
