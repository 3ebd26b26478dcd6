"""Make one person's mail from an edition: fill the personal tokens, set the headers, encode the bodies."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from cms.values.hosts import ascii_mailbox
from cms.values.mail_headers import POLICY, header_words
from newsletters.conf import conf
from newsletters.models import Delivery, Edition, Newsletter
from newsletters.sending.mails.feedback import feedback_id
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.transport.message import set_bodies
from newsletters.sending.transport.seam import MessageUnsendable, TransportDown
from newsletters.values.addresses import address
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import fill_html, fill_text, personal_parts
from newsletters.values.remarks import Remark
from newsletters.values.return_path import make_unsubscribe_address


def build_message(delivery: Delivery, *, newsletter: Newsletter, now: datetime) -> EmailMessage:
    """Return the delivery's mail; raise MessageUnsendable if its address is invalid in a mail.

    Load the delivery with its edition, its dispatch and its subscription's subscriber.
    """
    if delivery.edition is None:
        raise MessageUnsendable(Remark.NOBODY)
    return message_of(Copy.of(delivery), edition=delivery.edition, newsletter=newsletter, now=now)


def message_of(copy: Copy, *, edition: Edition, newsletter: Newsletter, now: datetime) -> EmailMessage:
    """Return one copy of an edition as a mail; raise MessageUnsendable if its address is invalid in a mail."""
    if copy.subscription_pk is None:
        raise MessageUnsendable(Remark.NOBODY)
    language, links = edition.locale.language_code, PersonalLinks.of(copy.subscription_pk)
    parts = personal_parts(
        language=language,
        first_name=copy.first_name,
        links=links,
        greeting=edition.salutation,
        own_words=copy.own_words,
    )
    message = EmailMessage(policy=POLICY)
    try:
        for name, value in shared_headers(edition, newsletter=newsletter).items():
            message[name] = value
        message["To"] = address(copy.email, name=copy.first_name)
    except (ValueError, IndexError, UnicodeError) as error:
        raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
    message["Date"] = format_datetime(now)
    message["Message-ID"] = copy.message_id
    message["List-Unsubscribe"] = list_unsubscribe(links, newsletter=newsletter, subscription_pk=copy.subscription_pk)
    set_bodies(
        message,
        text=fill_text(edition.text, parts=parts),
        html=fill_html(edition.html, parts=parts),
        language=language,
    )
    return message


def shared_headers(edition: Edition, *, newsletter: Newsletter) -> dict[str, str | Address]:
    """Return the headers that are the same in every copy of an edition; raise ValueError for an invalid sender."""
    return {
        "From": address(newsletter.sender_email, name=newsletter.sender_name),
        "Reply-To": address(newsletter.reply_to, name=newsletter.sender_name),
        "Subject": header_words(edition.subject),
        "List-Id": f"<{newsletter.list_id}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": feedback_id(dispatch_pk=edition.dispatch_id, slug=newsletter.slug),
    }


def require_sender(newsletter: Newsletter) -> None:
    """Raise TransportDown, as our fault, if the newsletter's own addresses are invalid in a mail."""
    try:
        address(newsletter.sender_email, name=newsletter.sender_name)
        address(newsletter.reply_to, name=newsletter.sender_name)
    except (ValueError, IndexError, UnicodeError) as error:
        raise TransportDown(Remark.NO_SENDER.with_detail(error), is_our_fault=True) from error


def list_unsubscribe(links: PersonalLinks, *, newsletter: Newsletter, subscription_pk: int | None = None) -> str:
    """Return the two ways to unsubscribe that a mail client offers (RFC 2369, section 3.2; RFC 8058).

    With UNSUBSCRIBE_ADDRESS the mail goes to an address of this subscription, which `manage.py bounces` reads.
    """
    to = ascii_mailbox(newsletter.reply_to)
    if conf.UNSUBSCRIBE_ADDRESS and subscription_pk:
        to = make_unsubscribe_address(base=conf.UNSUBSCRIBE_ADDRESS, subscription_pk=subscription_pk)
    return f"<{links.unsubscribe}>, <mailto:{to}?subject=unsubscribe>"
