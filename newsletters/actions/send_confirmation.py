"""Send the mail in which a new subscriber confirms: short, without marketing, marked as automatic."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from cms.mail_headers import POLICY, header_words
from newsletters.conf import conf
from newsletters.models import ConsentEvent, Subscription
from newsletters.sending.message import address, set_bodies
from newsletters.sending.replies import Verdict, verdict_on
from newsletters.sending.transport import configured_transport
from newsletters.subscribing.tokens import make_confirmation_token


def send_confirmation(event: ConsentEvent, *, now: datetime) -> bool:
    """Send the mail and note its Message-ID on the consent event; nothing if it is confirmed by now.

    Return False if the server asks to come back later; raise TransportDown or ReplyLost if it cannot be reached.
    """
    subscription = (
        Subscription.objects.select_related("subscriber", "newsletter", "locale")
        .filter(pk=event.subscription_id, status=Subscription.Status.PENDING)
        .first()
    )
    if subscription is None:
        return True
    message = _message(subscription, is_invited=event.source == ConsentEvent.Source.ADMIN, now=now)
    newsletter, recipient = subscription.newsletter, message["To"].addresses[0].addr_spec
    with configured_transport().connect() as connection:
        reply = connection.send(message, sender=newsletter.sender_email, recipient=recipient)
    if verdict_on(reply) in {Verdict.LATER, Verdict.OUR_FAULT}:
        return False
    ConsentEvent.objects.filter(pk=event.pk).update(message_id=message["Message-ID"])
    return True


def _message(subscription: Subscription, *, is_invited: bool, now: datetime) -> EmailMessage:
    newsletter, locale = subscription.newsletter, subscription.locale
    token = make_confirmation_token(subscription_pk=subscription.pk)
    text = newsletter.text_in(locale)
    message = EmailMessage(policy=POLICY)
    message["From"] = address(newsletter.sender_email, name=newsletter.sender_name)
    message["To"] = address(subscription.subscriber.email, name=subscription.subscriber.first_name)
    message["Reply-To"] = address(newsletter.reply_to, name=newsletter.sender_name)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=newsletter.domain)
    message["Auto-Submitted"] = "auto-generated"
    with translation.override(locale.language_code):
        name = text.title if text else newsletter.name
        context = {
            "newsletter": newsletter,
            "look": newsletter.look(),
            "name": name,
            "is_invited": is_invited,
            "language": locale.language_code,
            "url": conf.PUBLIC_URL + reverse("newsletters:confirm", args=[token]),
            "days": conf.CONFIRM_WITHIN_DAYS,
        }
        message["Subject"] = header_words(_("Please confirm: %(newsletter)s") % {"newsletter": name})
        set_bodies(
            message,
            text=render_to_string("newsletters/mail/confirm.txt", context),
            html=render_to_string("newsletters/mail/confirm.html", context),
            language=locale.language_code,
        )
    return message
