"""The confirmation mail, in the newsletter's look: compiled once for everybody who gets the same mail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from html import escape

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from newsletters.conf import conf
from newsletters.editions.cards import direction_of
from newsletters.editions.look import mail_look
from newsletters.editions.mjml import to_html
from newsletters.editions.template_values import Sender
from newsletters.editions.words.safety import printable
from newsletters.models import Subscription
from newsletters.values.look import Look


@dataclass(frozen=True, kw_only=True)
class ConfirmationMail:
    """All that the mail says except the address to open, which works for `days`."""

    language: str
    direction: str
    newsletter: str
    is_invited: bool
    days: int
    sender: Sender
    look: Look

    @cached_property
    def subject(self) -> str:
        """The subject, in the mail's language."""
        with translation.override(self.language):
            return _("Please confirm: %(newsletter)s") % {"newsletter": self.newsletter}

    @cached_property
    def url(self) -> str:
        """A placeholder for the address until it is filled in: a digest of the whole mail."""
        return f"{sha256(repr(self).encode()).hexdigest()}-confirm"


@dataclass(frozen=True, kw_only=True)
class CompiledConfirmation:
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


def confirmation_of(subscription: Subscription, *, is_invited: bool) -> CompiledConfirmation:
    """Return the mail for this subscription, in its language."""
    newsletter, language = subscription.newsletter, subscription.locale.language_code
    text = newsletter.text_in(subscription.locale)
    return compile_confirmation(
        ConfirmationMail(
            language=language,
            direction=direction_of(language),
            newsletter=printable(text.title if text else newsletter.name),
            is_invited=is_invited,
            days=conf.CONFIRM_WITHIN_DAYS,
            sender=Sender(
                name=newsletter.sender_name,
                postal_address=newsletter.postal_address,
                registration_number=newsletter.registration_number,
            ),
            look=mail_look(newsletter),
        )
    )


@lru_cache(maxsize=64)
def compile_confirmation(mail: ConfirmationMail) -> CompiledConfirmation:
    """Return the mail as HTML and as plain text."""
    with translation.override(mail.language):
        mjml, text = (
            printable(render_to_string(f"newsletters/mail/confirm.{kind}", {"mail": mail})) for kind in ("mjml", "txt")
        )
    return CompiledConfirmation(subject=mail.subject, html=to_html(mjml), text=text, place=mail.url)
