"""Answer a request to subscribe with one mail: a link to confirm, or for a subscriber a link to their choices."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.db import IntegrityError, transaction
from django.urls import reverse

from cms.values.mail_headers import POLICY, header_words
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.notice_mail import notice_of
from newsletters.audience.notice_words import NoticeKind
from newsletters.audience.person_tokens import make_person_token
from newsletters.conf import conf
from newsletters.models import SignUp, Subscriber, Subscription
from newsletters.sending.transport.message import set_bodies
from newsletters.sending.transport.seam import configured_transport
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.addresses import address
from newsletters.values.personal_links import PersonalLinks

Status = SignUp.Status


def answer_sign_up(sign_up: SignUp, *, now: datetime) -> bool:
    """Send the mail and note its Message-ID and the server's reply; return False if the server asks to try later.

    An address gets one such mail a day, and MOST_CONFIRMATIONS until somebody confirms: a request beyond that is not
    answered, and the mail that is under way stays good. Raises TransportDown or ReplyLost if the server cannot be
    reached.
    """
    if sign_up.status != Status.WAITING:
        return True
    link = _link(sign_up)
    if sign_up.kind == SignUp.Kind.LINK and link is None:  # nobody here has this address
        _settle(sign_up, Status.NOT_ANSWERED)
        return True
    if not _may_be_mailed(sign_up, now=now):
        return True
    message = _message(sign_up, link=link, now=now)
    recipient = message["To"].addresses[0].addr_spec
    with configured_transport().connect() as connection:
        reply = connection.send(message, sender=sign_up.newsletter.sender_email, recipient=recipient)
    answered = f"{reply.code} {reply.text}"[:500]
    SignUp.objects.filter(pk=sign_up.pk).update(message_id=message["Message-ID"], reply=answered)
    if link:
        _settle(sign_up, Status.CLOSED)
    return verdict_on(reply) not in {Verdict.LATER, Verdict.OUR_FAULT}


def _may_be_mailed(sign_up: SignUp, *, now: datetime) -> bool:
    """Reserve today's one mail to this mailbox; the database decides if two requests are answered at once."""
    if sign_up.mail_date:
        return True
    others = SignUp.objects.filter(mailbox=sign_up.mailbox, kind=sign_up.kind).exclude(pk=sign_up.pk)
    unconfirmed = others.filter(status=Status.WAITING, mail_date__isnull=False)
    is_lately = others.filter(mail_date__isnull=False, requested_at__gt=now - timedelta(days=1)).exists()
    if not is_lately and unconfirmed.count() < conf.MOST_CONFIRMATIONS:
        try:
            with transaction.atomic():
                return bool(SignUp.objects.filter(pk=sign_up.pk).update(mail_date=now.date()))
        except IntegrityError:
            pass  # another request was answered at the same moment
    _settle(sign_up, Status.NOT_ANSWERED)
    return False


def _settle(sign_up: SignUp, status: SignUp.Status) -> None:
    """End a request that still waits: while its mail was sent, its owner may have used or closed it, or been erased."""
    SignUp.objects.filter(pk=sign_up.pk, status=Status.WAITING).update(status=status)


def _link(sign_up: SignUp) -> tuple[NoticeKind, str] | None:
    """Return the mail and the address for somebody who is known already, None for a request to confirm."""
    if sign_up.kind == SignUp.Kind.LINK:
        subscriber = Subscriber.objects.filter(mailbox=sign_up.mailbox).first()
        return (NoticeKind.LINK, _person_url(subscriber)) if subscriber else None
    subscription = Subscription.objects.filter(
        subscriber__mailbox=sign_up.mailbox, newsletter=sign_up.newsletter, status=Subscription.Status.ACTIVE
    ).first()
    return (NoticeKind.SUBSCRIBED, PersonalLinks.of(subscription.pk).preferences) if subscription else None


def _person_url(subscriber: Subscriber) -> str:
    return conf.PUBLIC_URL + reverse("newsletters:person", args=[make_person_token(subscriber_pk=subscriber.pk)])


def _confirmation(sign_up: SignUp) -> tuple[NoticeKind, str]:
    kind = NoticeKind.INVITED if sign_up.is_invitation else NoticeKind.REQUESTED
    token = make_confirmation_token(sign_up_pk=sign_up.pk)
    return kind, conf.PUBLIC_URL + reverse("newsletters:confirm", args=[token])


def _message(sign_up: SignUp, *, link: tuple[NoticeKind, str] | None, now: datetime) -> EmailMessage:
    newsletter = sign_up.newsletter
    kind, url = link or _confirmation(sign_up)
    mail = notice_of(kind, newsletter=newsletter, locale=sign_up.locale)
    message = EmailMessage(policy=POLICY)
    message["From"] = address(newsletter.sender_email, name=newsletter.sender_name)
    # Without the name that was filled in: nobody has proven that it is theirs.
    message["To"] = address(sign_up.email, name="")
    message["Reply-To"] = address(newsletter.reply_to, name=newsletter.sender_name)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=newsletter.domain)
    message["Auto-Submitted"] = "auto-generated"
    message["Subject"] = header_words(mail.subject)
    language = sign_up.locale.language_code
    set_bodies(message, text=mail.text_for(url), html=mail.html_for(url), language=language)
    return message
