"""Make one person's mail from an edition: fill the personal tokens, set the headers, encode the bodies."""

from __future__ import annotations

import binascii
import unicodedata
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from newsletters.models import Delivery, Newsletter
from newsletters.remarks import Remark
from newsletters.sending.personal import PersonalLinks, fill_html, fill_text, personal_parts
from newsletters.sending.transport import MessageUnsendable


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


def build_message(delivery: Delivery, *, newsletter: Newsletter, now: datetime) -> EmailMessage:
    """Return the delivery's mail; raise MessageUnsendable if its address cannot stand in a mail.

    The delivery comes with its edition, its dispatch and its subscription's subscriber.
    """
    edition, subscription = delivery.edition, delivery.subscription
    if edition is None or subscription is None:
        raise MessageUnsendable(Remark.NOBODY)
    subscriber = subscription.subscriber
    language, links = edition.locale.language_code, PersonalLinks.of(subscription.pk)
    parts = personal_parts(
        language=language, first_name=subscriber.first_name, links=links, greeting=edition.salutation
    )
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
        text=fill_text(edition.text, parts=parts),
        html=fill_html(edition.html, parts=parts),
        language=language,
    )
    return message


def set_bodies(message: EmailMessage, *, text: str, html: str, language: str) -> None:
    """Give the message its two bodies, text first, as multipart/alternative (RFC 2046, section 5.1.4)."""
    message["MIME-Version"] = "1.0"
    message.make_alternative()  # moves any Content- header that is there into a part, so ours come after it
    message["Content-Language"] = language
    message.attach(_part(text, subtype="plain"))
    message.attach(_part(html, subtype="html"))


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
