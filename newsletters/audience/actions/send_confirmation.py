"""Send the mail that asks a new subscriber to confirm: short, without marketing, marked as automatic."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.urls import reverse

from cms.values.mail_headers import POLICY, header_words
from newsletters.audience.confirmation_mail import confirmation_of
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.conf import conf
from newsletters.models import ConsentEvent, Subscription
from newsletters.sending.transport.message import set_bodies
from newsletters.sending.transport.seam import configured_transport
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.addresses import address


def send_confirmation(event: ConsentEvent, *, now: datetime) -> bool:
    """Send the mail and note its Message-ID on the consent event; send nothing if the subscription is not pending.

    Return False if the server asks to try later; raise TransportDown or ReplyLost if it cannot be reached.
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
    newsletter, subscriber = subscription.newsletter, subscription.subscriber
    token = make_confirmation_token(subscription_pk=subscription.pk)
    url = conf.PUBLIC_URL + reverse("newsletters:confirm", args=[token])
    mail = confirmation_of(subscription, is_invited=is_invited)
    message = EmailMessage(policy=POLICY)
    message["From"] = address(newsletter.sender_email, name=newsletter.sender_name)
    message["To"] = address(subscriber.email, name=subscriber.first_name)
    message["Reply-To"] = address(newsletter.reply_to, name=newsletter.sender_name)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=newsletter.domain)
    message["Auto-Submitted"] = "auto-generated"
    message["Subject"] = header_words(mail.subject)
    language = subscription.locale.language_code
    set_bodies(message, text=mail.text_for(url), html=mail.html_for(url), language=language)
    return message
