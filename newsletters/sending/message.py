"""Make one person's mail from an edition: fill the personal tokens, set the headers, encode the bodies."""

from __future__ import annotations

import binascii
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from html import escape
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from newsletters.conf import conf
from newsletters.mail import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL
from newsletters.models import Delivery, Edition, Newsletter
from newsletters.remarks import Remark
from newsletters.sending.transport import MessageUnsendable
from newsletters.tokens import Purpose, make_token


class UnfoldedHeader(UnstructuredHeader, BaseHeader):
    """A header that is never folded nor encoded: mail clients read List-Unsubscribe only in one piece."""

    def fold(self, *, policy: Any) -> str:
        """Return the header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    registry = HeaderRegistry()
    for name in ("list-unsubscribe", "list-id", "message-id"):
        registry.map_to_type(name, UnfoldedHeader)
    return SMTP.clone(header_factory=registry)


POLICY = _policy()


@dataclass(frozen=True, kw_only=True)
class PersonalLinks:
    """Where one subscriber leaves or changes the subscription."""

    unsubscribe: str
    preferences: str

    @classmethod
    def of(cls, subscription_pk: int) -> PersonalLinks:
        """Return the links of this subscription."""
        unsubscribe = make_token(Purpose.UNSUBSCRIBE, subscription_pk=subscription_pk)
        preferences = make_token(Purpose.PREFERENCES, subscription_pk=subscription_pk)
        return cls(
            unsubscribe=conf.PUBLIC_URL + reverse("newsletters:unsubscribe", args=[unsubscribe]),
            preferences=conf.PUBLIC_URL + reverse("newsletters:preferences", args=[preferences]),
        )


def salutation(first_name: str, *, language: str) -> str:
    """Return how a letter in this language begins; without a name it greets the reader."""
    with translation.override(language):
        return _("Dear %(name)s,") % {"name": first_name} if first_name else _("Dear reader,")


def build_message(delivery: Delivery, *, newsletter: Newsletter, now: datetime) -> EmailMessage:
    """Return the delivery's mail; raise MessageUnsendable if its address cannot stand in a mail.

    The delivery comes with its edition, its dispatch and its subscription's subscriber.
    """
    edition, subscription = delivery.edition, delivery.subscription
    if edition is None or subscription is None:
        raise MessageUnsendable(Remark.NOBODY)
    subscriber = subscription.subscriber
    links = PersonalLinks.of(subscription.pk)
    hello = salutation(subscriber.first_name, language=edition.locale.language_code)
    message = EmailMessage(policy=POLICY)
    try:
        message["From"] = address(newsletter.sender_email, name=newsletter.sender_name)
        message["To"] = address(subscriber.email, name=subscriber.first_name)
        message["Reply-To"] = address(newsletter.reply_to, name=newsletter.sender_name)
    except (ValueError, IndexError, UnicodeError) as error:
        raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
    message["Subject"] = header_words(edition.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = delivery.message_id
    message["List-Id"] = f"<{newsletter.list_id}>"
    message["List-Unsubscribe"] = f"<{links.unsubscribe}>, <mailto:{newsletter.reply_to}?subject=unsubscribe>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Feedback-ID"] = f"{delivery.dispatch_id}:{newsletter.slug}:newsletter:{newsletter.domain}"
    set_bodies(
        message,
        text=fill(edition.text, hello=hello, links=links),
        html=fill(edition.html, hello=escape(hello), links=links),
        language=edition.locale.language_code,
    )
    return message


def set_bodies(message: EmailMessage, *, text: str, html: str, language: str) -> None:
    """Give the message its two bodies, text first, as multipart/alternative (RFC 2046, section 5.1.4)."""
    message["MIME-Version"] = "1.0"
    message.make_alternative()  # moves any Content- header that is there into a part, so ours come after it
    message["Content-Language"] = language
    message.attach(_part(text, subtype="plain"))
    message.attach(_part(html, subtype="html"))


def fill(body: str, *, hello: str, links: PersonalLinks) -> str:
    """Return an edition's body with one person's salutation and links; `hello` is escaped for the body."""
    return (
        body.replace(UNSUBSCRIBE_URL, links.unsubscribe)
        .replace(PREFERENCES_URL, links.preferences)
        .replace(SALUTATION, hello)
    )


def public_html(edition: Edition) -> str:
    """Return the edition's HTML for everyone: a neutral salutation, and sign-up where personal links stood."""
    return fill(edition.html, hello=escape(_neutral(edition)), links=_public_links(edition))


def public_text(edition: Edition) -> str:
    """Return the edition's plain text for everyone."""
    return fill(edition.text, hello=_neutral(edition), links=_public_links(edition))


def _neutral(edition: Edition) -> str:
    return salutation("", language=edition.locale.language_code)


def _public_links(edition: Edition) -> PersonalLinks:
    slug, language = edition.dispatch.newsletter.slug, edition.locale.language_code
    sign_up = conf.PUBLIC_URL + reverse("newsletters:sign-up", args=[slug, language])
    return PersonalLinks(unsubscribe=sign_up, preferences=sign_up)


def address(email: str, *, name: str) -> Address:
    """Return a mailbox for a header, its domain in ASCII (IDNA); raise ValueError if it is none."""
    local, _at, domain = email.strip().rpartition("@")
    if not local or not domain or not email.isprintable():
        raise ValueError(f"{email!r}")
    domain = domain.encode("idna").decode() if not domain.isascii() else domain
    if not local.isascii():  # the parser below takes ASCII only; SMTPUTF8 decides whether it can be sent
        return Address(display_name=header_words(name), username=local, domain=domain)
    try:
        return Address(display_name=header_words(name), addr_spec=f"{local}@{domain}")
    except MessageError as error:
        raise ValueError(f"{email!r}") from error


def header_words(words: str) -> str:
    """Return words as they may stand in a header: one line, no control characters, no encoded word (RFC 2047).

    Python decodes an encoded word that somebody typed, line breaks and all: it would add headers.
    """
    shown = "".join(c for c in words if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(shown.split()).replace("=?", "= ?")


def _part(body: str, *, subtype: str) -> EmailMessage:
    """Encode a body as quoted-printable; C code does it, the email package's own takes 50 times as long."""
    part = EmailMessage(policy=POLICY)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp(body.encode(), istext=True).decode("ascii"))
    return part
